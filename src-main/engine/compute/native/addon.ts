import { type Handle, type KernelFunctions, kernelNames, type OptionalHandle } from './kernel-calls.generated.ts';

export type TensorValues = Float32Array | Int32Array | Uint8Array;

/** The compiled addon: its kernels (called through NativeKernels), and memory and threads (cpp/addon.cc). */
export interface NativeAddon extends KernelFunctions {
  /** Handle of a new tensor of so many bytes, undefined values. Throws with the code `out_of_memory`. */
  allocate(bytes: number): Handle;
  /** Handle of a part of a tensor's bytes, without a copy; it is released before the tensor is. */
  view(handle: Handle, offset: number, bytes: number): Handle;
  /**
   * Handle of bytes of an open file without a copy, read-only and valid after the file is closed; 0 where they cannot be mapped. A
   * later call throws with the code `file_lost` if the file has lost some of them.
   */
  map(descriptor: number, offset: number, bytes: number): OptionalHandle;
  release(handle: Handle): void;
  write(handle: Handle, values: TensorValues): void;
  read(handle: Handle, into: TensorValues): void;
  /** Live tensors, live bytes, bytes allocated in total, peak live bytes, new blocks. */
  statistics(): number[];
  /** Returns all free blocks to the system. */
  trim(): void;
  resetPeak(): void;
  /** 0: limited only by free memory. */
  setMemoryLimit(bytes: number): void;
  threads(): number;
  setThreads(count: number): void;
  /** Description of the libraries and instruction sets in use. */
  describe(): string;
}

const otherNames: readonly Exclude<keyof NativeAddon, keyof KernelFunctions>[] = [
  'allocate',
  'view',
  'map',
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

/** Returns true if a loaded module is this version of the addon, with every function. */
export function isNativeAddon(value: unknown): value is NativeAddon {
  return (
    typeof value === 'object' &&
    value !== null &&
    [...kernelNames, ...otherNames].every((name) => typeof Reflect.get(value, name) === 'function')
  );
}
