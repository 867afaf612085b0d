import type { StoredEncoding } from '../../../tensors/stored-matrix.ts';
import type { GpuEncoding } from './encoding.ts';
import { bfloat16, float16 } from './halves.ts';
import { int8 } from './int8.ts';
import { nf4 } from './nf4.ts';
import { q4Zero } from './q4-0.ts';
import { q8Zero } from './q8-0.ts';

/** Encodings that a shader decodes as it reads them. Matrices of others are read as float32. */
export const gpuEncodings: readonly GpuEncoding[] = [float16, bfloat16, q8Zero, q4Zero, nf4, int8];

export function gpuEncodingOf(encoding: StoredEncoding): GpuEncoding {
  const found = gpuEncodings.find((candidate) => candidate.encoding === encoding);
  if (found === undefined) throw new Error(`a GPU does not decode ${encoding}`);
  return found;
}
