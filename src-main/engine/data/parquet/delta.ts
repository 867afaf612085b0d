import type { ByteReader } from './byte-reader.ts';
import { ParquetError } from './parse-error.ts';

const maxPerBlock = 2 ** 20;

/** DELTA_BINARY_PACKED: integers as differences, in blocks of packed bits. `bits`: 32 or 64, by which they wrap. */
export function readDeltas(source: ByteReader, count: number, bits: 32 | 64): BigInt64Array {
  const perBlock = source.varint();
  const parts = source.varint();
  const total = source.varint();
  const perPart = perBlock / parts;
  if (!(perBlock > 0 && perBlock <= maxPerBlock && Number.isInteger(perPart) && perPart % 8 === 0))
    throw new ParquetError('has deltas in blocks of an impossible size');
  if (total !== count) throw new ParquetError(`has ${total} deltas where there should be ${count}`);
  const values = new BigInt64Array(count);
  if (count === 0) return values;
  let value = source.zigzag64();
  values[0] = value;
  for (let index = 1; index < count; ) {
    const smallest = source.zigzag64();
    const widths = source.take(parts);
    for (let part = 0; part < parts && index < count; part++) {
      const width = source.bytes[widths + part] ?? 0;
      if (width > 64) throw new ParquetError(`has deltas of ${width} bits`);
      const wanted = Math.min(perPart, count - index);
      // The last part may be cut off after its last value.
      const whole = (perPart * width) / 8;
      const start = source.take(Math.max(Math.ceil((wanted * width) / 8), Math.min(whole, source.left)));
      for (let place = 0; place < wanted; place++) {
        value = BigInt.asIntN(bits, value + smallest + bitsAt(source.bytes, start, place * width, width));
        values[index++] = value;
      }
    }
  }
  return values;
}

function bitsAt(bytes: Buffer, start: number, bitOffset: number, width: number): bigint {
  if (width === 0) return 0n;
  const first = start + Math.floor(bitOffset / 8);
  const skipped = bitOffset % 8;
  if (skipped + width <= 48) {
    let value = 0;
    for (let index = 0; index * 8 < skipped + width; index++) value += (bytes[first + index] ?? 0) * 2 ** (8 * index);
    return BigInt(Math.floor(value / 2 ** skipped) % 2 ** width);
  }
  let value = 0n;
  for (let index = 0; index * 8 < skipped + width; index++)
    value |= BigInt(bytes[first + index] ?? 0) << BigInt(8 * index);
  return BigInt.asUintN(width, value >> BigInt(skipped));
}
