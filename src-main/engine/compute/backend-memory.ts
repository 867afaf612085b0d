import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import { type StoredEncoding, storedEncodings } from '../tensors/stored-matrix.ts';

/** Memory layout of a compute backend, for the estimate. */
export interface BackendMemory {
  /** Allocated bytes of a tensor of `bytes` bytes. */
  blockBytes(bytes: number): number;
  /** True if a frozen weight is kept a second time, packed for its products, and a third time for its gradients. */
  readonly packsFrozenWeights: boolean;
  /** Encodings in which matrices may stay as a file has them, and are packed for no product then. */
  readonly encodings: readonly StoredEncoding[];
  /** True if 16-bit weights stay encoded in small models too. */
  readonly keepsHalves: boolean;
  /** Bytes that its tensors can take, whatever the machine has free. */
  readonly maxBytes: number;
}

const plain: BackendMemory = {
  blockBytes: (bytes) => bytes,
  packsFrozenWeights: false,
  encodings: [],
  keepsHalves: false,
  maxBytes: Number.POSITIVE_INFINITY,
};

/** Addresses of 32 bits, less what the program needs itself. */
const webAssembly: BackendMemory = { ...plain, maxBytes: 3 * 2 ** 30 };

const pooled: BackendMemory = { ...plain, blockBytes: sizeClass, packsFrozenWeights: true, encodings: storedEncodings };

/** Covers all encodings, because `webgpu/encodings` decodes every one. */
const webgpu: BackendMemory = { ...plain, encodings: storedEncodings, keepsHalves: true };

export function backendMemory(backend: ComputeId): BackendMemory {
  if (backend === 'wasm') return webAssembly;
  if (backend === 'webgpu') return webgpu;
  return backend === 'native' ? pooled : plain;
}

/**
 * Rounds up like `class_of` in native/cpp/memory.cc: multiples of 64 bytes, from 256 bytes on four sizes to each power
 * of two.
 */
function sizeClass(bytes: number): number {
  let step = 64;
  while (step * 8 < bytes && bytes > 256) step *= 2;
  return Math.max(1, Math.ceil(bytes / step)) * step;
}
