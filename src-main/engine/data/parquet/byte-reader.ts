import { ParquetError } from './parse-error.ts';

/** Reads numbers out of bytes, little-endian, and never past their end. */
export class ByteReader {
  readonly bytes: Buffer;
  offset: number;

  constructor(bytes: Buffer, offset = 0) {
    this.bytes = bytes;
    this.offset = offset;
  }

  get left(): number {
    return this.bytes.length - this.offset;
  }

  /** Consumes `count` bytes and returns their offset. */
  take(count: number): number {
    if (!(count >= 0 && count <= this.left)) throw endsEarly();
    const start = this.offset;
    this.offset += count;
    return start;
  }

  uint8(): number {
    return this.bytes.readUInt8(this.take(1));
  }

  uint32(): number {
    return this.bytes.readUInt32LE(this.take(4));
  }

  /** Consumes a slice and returns a reader of it. */
  part(count: number): ByteReader {
    const start = this.take(count);
    return new ByteReader(this.bytes.subarray(start, start + count));
  }

  /** Seven bits a byte, the low ones first. @throws ParquetError above 2⁵³ */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 56; scale *= 128) {
      const byte = this.uint8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
    }
    throw new ParquetError('has a number that is too large');
  }

  /** Signed: 0, -1, 1, -2, … are 0, 1, 2, 3, … */
  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Like `zigzag`, with 64 bits. */
  zigzag64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.uint8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new ParquetError('has a number that is too large');
  }
}

export function endsEarly(): ParquetError {
  return new ParquetError('ends before what it says that it contains');
}
