/** Encodings that a backend may keep in memory as they are; those of GGUF and bitsandbytes by their names. */
export const storedEncodings = [
  'bfloat16',
  'float16',
  'q4_0',
  'q4_1',
  'q5_0',
  'q5_1',
  'q8_0',
  'q2_k',
  'q3_k',
  'q4_k',
  'q5_k',
  'q6_k',
  'nf4',
  'int8',
] as const;

export type StoredEncoding = (typeof storedEncodings)[number];

/** A matrix as a file has it. */
export interface StoredMatrix {
  readonly shape: readonly [rows: number, columns: number];
  readonly encoding: StoredEncoding;
  readonly byteLength: number;
  /** Location of contiguous bytes in an open file, so that a backend may map them; absent otherwise. */
  readonly place?: { readonly descriptor: number; readonly start: number };
  /** The bytes row by row; those of a piece are copied before the next is asked for. */
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** The encoding of a stored type by its name in safetensors, GGUF or bitsandbytes; null of those that are read as float32. */
export function storedEncodingOf(dtype: string): StoredEncoding | null {
  const name = shortNames.get(dtype) ?? dtype.toLowerCase();
  return storedEncodings.find((encoding) => encoding === name) ?? null;
}

const shortNames: ReadonlyMap<string, string> = new Map([
  ['BF16', 'bfloat16'],
  ['F16', 'float16'],
]);

/** Returns true if a matrix stays encoded: always in blocks, and in 16 bits if the model's do (`ofHalves`). */
export function staysEncoded(encoding: StoredEncoding, ofHalves: boolean): boolean {
  return ofHalves || (encoding !== 'bfloat16' && encoding !== 'float16');
}
