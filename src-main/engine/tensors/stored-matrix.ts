/** Encodings that a backend may keep in memory as they are; those of GGUF by its names. */
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
] as const;

export type StoredEncoding = (typeof storedEncodings)[number];

/** A matrix as a file has it. */
export interface StoredMatrix {
  readonly shape: readonly [rows: number, columns: number];
  readonly encoding: StoredEncoding;
  readonly byteLength: number;
  /** The bytes row by row; those of a piece are copied before the next is asked for. */
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** The encoding of a stored type by its name in safetensors; null of those that are read as float32. */
export function storedEncodingOf(dtype: string): StoredEncoding | null {
  return byDtype.get(dtype) ?? null;
}

const byDtype: ReadonlyMap<string, StoredEncoding> = new Map([
  ['BF16', 'bfloat16'],
  ['F16', 'float16'],
]);
