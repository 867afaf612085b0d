import type { StoredEncoding } from '../../../tensors/stored-matrix.ts';
import { decoding, type GpuEncoding } from './encoding.ts';
import { bfloat16, float16 } from './halves.ts';
import { int8 } from './int8.ts';
import { nf4 } from './nf4.ts';
import { q2K } from './q2-k.ts';
import { q3K } from './q3-k.ts';
import { q4Zero } from './q4-0.ts';
import { q4One } from './q4-1.ts';
import { q4K } from './q4-k.ts';
import { q5Zero } from './q5-0.ts';
import { q5One } from './q5-1.ts';
import { q5K } from './q5-k.ts';
import { q6K } from './q6-k.ts';
import { q8Zero } from './q8-0.ts';

/** Encodings that a shader decodes as it reads them. */
export const gpuEncodings: readonly GpuEncoding[] = [
  bfloat16,
  float16,
  q4Zero,
  q4One,
  q5Zero,
  q5One,
  q8Zero,
  q2K,
  q3K,
  q4K,
  q5K,
  q6K,
  nf4,
  int8,
];

/** WGSL by which a program reads the buffer `name`, as `decoding`; none where it has its values as they are (null). */
export function decodingOf(encoding: StoredEncoding | null, name: string, total: string): string {
  return encoding === null ? '' : decoding(gpuEncodingOf(encoding), name, total);
}

/** WGSL for the start of a program that reads such a buffer. */
export function setUpOf(encoding: StoredEncoding | null): string {
  return encoding === null ? '' : (gpuEncodingOf(encoding).setUp ?? '');
}

export function gpuEncodingOf(encoding: StoredEncoding): GpuEncoding {
  const found = gpuEncodings.find((candidate) => candidate.encoding === encoding);
  if (found === undefined) throw new Error(`a GPU does not decode ${encoding}`);
  return found;
}
