import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { wasmHeapOf } from '../tfjs-internals.ts';
import { binary } from './kernels-binary.ts';

/** The functions of the C files by name. Arguments are addresses in tfjs's memory (0: none), sizes and factors. */
export interface KernelModule {
  call(name: string, ...parameters: number[]): void;
  /** Address of the tensor's values. */
  address(tensor: tf.TensorInfo): number;
  /** A new tensor with undefined values. */
  output(shape: readonly number[]): tf.TensorInfo;
  /** Address of at least `count` floats that the next kernel may ask for again. */
  scratch(count: number): number;
}

const stackBytes = 64 * 1024;

/**
 * Instantiates our kernels on the memory of tfjs's running wasm backend. Null without relaxed SIMD or access to tfjs's
 * memory: the slower compositions are used then.
 */
export function loadKernels(): KernelModule | null {
  const backend = tf.backend();
  if (!(backend instanceof BackendWasm)) return null;
  const heap = wasmHeapOf(backend);
  if (heap === null) return null;
  const bytes = Buffer.from(binary, 'base64');
  if (!WebAssembly.validate(bytes)) return null;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: heap.memory } });
  const stackPointer = instance.exports['__stack_pointer'];
  if (!(stackPointer instanceof WebAssembly.Global)) return null;
  // The stack of the module is a block of tfjs's heap, and grows downward.
  const allocate = (size: number): number => addressOf(heap.malloc(size));
  stackPointer.value = (allocate(stackBytes) + stackBytes) & ~15;
  let buffer = { address: 0, count: 0 };
  return {
    call: (name, ...parameters) => {
      const kernel = instance.exports[name];
      if (typeof kernel !== 'function') throw new Error(`the wasm kernels lack ${name}`);
      kernel(...parameters);
    },
    address: (tensor) => backend.getMemoryOffset(tensor.dataId),
    output: (shape) => {
      const made = backend.makeOutput([...shape], 'float32');
      if (backend.getMemoryOffset(made.dataId) === 0) throw outOfMemory();
      return made;
    },
    scratch: (count) => {
      if (buffer.count < count) {
        if (buffer.address !== 0) heap.free(buffer.address);
        buffer = { address: allocate(count * 4), count };
      }
      return buffer.address;
    },
  };
}

/** Addresses beyond 2 GB are negative numbers. */
function addressOf(pointer: unknown): number {
  if (typeof pointer !== 'number' || pointer === 0) throw outOfMemory();
  return pointer >>> 0;
}

function outOfMemory(): StudioError {
  return new StudioError(
    'out_of_memory',
    'The WebAssembly compute backend has no memory left.',
    'Choose a smaller batch size; it can hold at most 4 GB.',
  );
}
