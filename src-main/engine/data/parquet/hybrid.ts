import type { ByteReader } from './byte-reader.ts';
import { ParquetError } from './parse-error.ts';

/**
 * Reads `count` numbers of `width` bits (0 to 32) in Parquet's hybrid of run-length and bit-packed encoding. Values
 * beyond `count` are ignored.
 */
export function readHybrid(source: ByteReader, width: number, count: number): Uint8Array | Uint32Array {
  if (width > 32) throw new ParquetError(`has indices of ${width} bits`);
  const values = width <= 8 ? new Uint8Array(count) : new Uint32Array(count);
  const valueBytes = Math.ceil(width / 8);
  let seen = 0;
  while (seen < count) {
    const header = source.varint();
    const size = Math.floor(header / 2);
    if (header % 2 === 0) {
      const start = source.take(valueBytes);
      const value = valueBytes === 0 ? 0 : source.bytes.readUIntLE(start, valueBytes);
      const end = Math.min(count, seen + size);
      values.fill(value, seen, end);
      seen = end;
      continue;
    }
    const run = Math.min(size * 8, count - seen);
    // The last group of eight may be cut off after its last value.
    const start = source.take(Math.max(Math.ceil((run * width) / 8), Math.min(size * width, source.left)));
    if (width > 0) unpackBits(source.bytes, start, width, values, seen, run);
    seen += run;
  }
  return values;
}

function unpackBits(
  bytes: Buffer,
  start: number,
  width: number,
  values: Uint8Array | Uint32Array,
  from: number,
  count: number,
): void {
  // The accumulator exceeds 32 bits: plain numbers are exact up to 53, bit operators only up to 32.
  const modulus = 2 ** width;
  let held = 0;
  let heldBits = 0;
  let at = start;
  for (let index = 0; index < count; index++) {
    while (heldBits < width) {
      held += (bytes[at++] ?? 0) * 2 ** heldBits;
      heldBits += 8;
    }
    const value = held % modulus;
    values[from + index] = value;
    held = (held - value) / modulus;
    heldBits -= width;
  }
}
