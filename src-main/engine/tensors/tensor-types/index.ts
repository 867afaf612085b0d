import { bf16 } from './bf16.ts';
import { f16 } from './f16.ts';
import { f32 } from './f32.ts';
import { int8 } from './int8.ts';
import { mxfp4 } from './mxfp4.ts';
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
import type { TensorType } from './tensor-type.ts';

/** All tensor types that can be read. */
export const tensorTypes: readonly TensorType[] = [
  f32,
  f16,
  bf16,
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
  mxfp4,
  nf4,
  int8,
];

/** Types that GGUF files support. */
export const ggufTypes: readonly TensorType[] = tensorTypes.filter(({ id }) => id !== null);

/** A type of blocks by its name; null of the plain floats, which safetensors has itself. */
export function blockTypeNamed(name: string): TensorType | null {
  return tensorTypes.find((type) => type.name === name && type.blockValues > 1) ?? null;
}

/** Names of unsupported types, by their numbers in the file. */
const otherTypes: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
]);

export function tensorTypeName(id: number): string {
  return tensorTypes.find((type) => type.id === id)?.name ?? otherTypes.get(id) ?? `number ${id}`;
}
