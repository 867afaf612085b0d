import type { StoredEncoding } from '../../../tensors/stored-matrix.ts';

/** A part of a block: its place in the block of a file, and its length, in bytes. */
interface BlockPart {
  readonly at: number;
  readonly bytes: number;
}

/** The blocks of a file. A buffer has the quants of all of them first, then their scales: a shader reads whole words. */
export interface BlockLayout {
  readonly values: number;
  readonly bytes: number;
  /** A number of whole words a block. */
  readonly quants: BlockPart;
  /** A half or a float32; null where the quants are all of the block. */
  readonly scale: BlockPart | null;
  /** Bits that are all set in the little-endian scale, or in one of `halves`, where it is not finite. */
  readonly exponent: number;
  /** Without a `scale`, the places of what stands for it in the block. */
  readonly halves?: readonly number[];
}

/** Shader code that reads the values of an encoded matrix from its buffer. */
export interface GpuEncoding {
  readonly encoding: StoredEncoding;
  readonly block: BlockLayout;
  /** WGSL that `four` needs, once a program. */
  readonly helpers?: string;
  /** WGSL that runs before anything is decoded, at the start of a program. */
  readonly setUp?: string;
  /**
   * The body of a function from `i`, a multiple of four, to the values from i on: a vec4<f32>. `words` is the array<u32>, `total` the
   * number of all values.
   */
  four(words: string, total: string): string;
}

/** WGSL: `four_NAME(i)`, the values i to i + 3 of a multiple of four, and `one_NAME(i)` of any i. The words are the array NAME. */
export function decoding({ helpers = '', four }: GpuEncoding, name: string, total: string): string {
  return `${helpers}
fn four_${name}(i: u32) -> vec4<f32> {${four(name, total)}
}
fn one_${name}(i: u32) -> f32 { return four_${name}(i & ~3u)[i & 3u]; }`;
}

/**
 * WGSL: `half_values(bits)` of four halves (IEEE 754 binary16). By integers, since what the language has for it may take subnormal
 * ones for 0.
 */
export const halfValues = `
fn half_values(bits: vec4<u32>) -> vec4<f32> {
  let tiny = vec4<f32>(bits & vec4<u32>(0x3ffu)) * 5.9604644775390625e-8;
  let usual = bitcast<vec4<f32>>(((bits & vec4<u32>(0x7fffu)) << vec4<u32>(13u)) + 0x38000000u);
  let magnitude = select(usual, tiny, (bits & vec4<u32>(0x7c00u)) == vec4<u32>(0u));
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>(magnitude) | ((bits & vec4<u32>(0x8000u)) << vec4<u32>(16u)));
}`;

/** WGSL: the scale of block `block`, a half behind the quants, which are `quantWords` words. */
export function halfScale(words: string, quantWords: string, block: string): string {
  return `half_values(vec4<u32>((${words}[${quantWords} + (${block}) / 2u] >> (16u * ((${block}) & 1u))) & 0xffffu)).x`;
}

/** WGSL: the scale of block `block`, a float32 behind the quants, which are `quantWords` words. */
export function floatScale(words: string, quantWords: string, block: string): string {
  return `bitcast<f32>(${words}[${quantWords} + ${block}])`;
}

/** WGSL: the two halves of a word, a vec2<f32>. */
export function twoHalves(word: string): string {
  return `half_values(vec4<u32>(${word} & 0xffffu, ${word} >> 16u, 0u, 0u)).xy`;
}

/** WGSL: the four bytes of a word, each shifted right by `shift`, and of that the bits of `mask`: a vec4<u32>. */
export function fourBytes(word: string, shift: string, mask: number): string {
  return `((vec4<u32>(${word}) >> (vec4<u32>(0u, 8u, 16u, 24u) + ${shift})) & vec4<u32>(${mask}u))`;
}

/** WGSL: four of a block of 32 values of 4 bits, `word` that of its 16 bytes: values 0 to 15 lie in the low halves, 16 to 31 in the high ones. */
export function nibblesOf(word: string): string {
  return fourBytes(word, '(i & 16u) / 4u', 15);
}

/** WGSL: byte `at` of a word. */
export function byteOf(word: string, at: string): string {
  return `((${word} >> (8u * (${at}))) & 0xffu)`;
}

/** WGSL: the four signed bytes of a word. */
export function signedBytes(word: string): string {
  return `vec4<f32>(bitcast<vec4<i32>>(vec4<u32>(${word}) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u))`;
}
