import { type Handle, type KernelFunctions, kernelNames } from './kernel-calls.generated.ts';

export type TensorValues = Float32Array | Int32Array | Uint8Array;

/** The compiled addon: its kernels (called through NativeKernels), and memory and threads (cpp/addon.cc). */
export interface NativeAddon extends KernelFunctions {
  /** Handle of a new tensor of so many bytes, undefined values. Throws with the code `out_of_memory`. */
  allocate(bytes: number): Handle;
  release(handle: Handle): void;
  write(handle: Handle, values: TensorValues): void;
  read(handle: Handle, into: TensorValues): void;
  /** Live tensors, live bytes, bytes held in all, highest live bytes, blocks made anew. */
  statistics(): number[];
  /** Hands every free block back to the system. */
  trim(): void;
  resetPeak(): void;
  /** 0: no limit but what the machine has free. */
  setMemoryLimit(bytes: number): void;
  threads(): number;
  setThreads(count: number): void;
  /** Libraries and instruction sets in use, in words. */
  describe(): string;
}

const otherNames: readonly Exclude<keyof NativeAddon, keyof KernelFunctions>[] = [
  'allocate',
  'release',
  'write',
  'read',
  'statistics',
  'trim',
  'resetPeak',
  'setMemoryLimit',
  'threads',
  'setThreads',
  'describe',
];

/** Whether a loaded module is the addon, of this very version: every function is there. */
export function isNativeAddon(value: unknown): value is NativeAddon {
  return (
    typeof value === 'object' &&
    value !== null &&
    [...kernelNames, ...otherNames].every((name) => typeof Reflect.get(value, name) === 'function')
  );
}
