import { ByteReader } from './byte-reader.ts';
import { ParquetError } from './parse-error.ts';

/** Bounded output buffer of a decompressor, which can copy from its earlier output. */
class Output {
  readonly bytes: Buffer;
  private length = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get full(): boolean {
    return this.length === this.bytes.length;
  }

  literal(source: ByteReader, count: number): void {
    const start = source.take(count);
    this.need(count);
    source.bytes.copy(this.bytes, this.length, start, start + count);
    this.length += count;
  }

  /** Copies `count` bytes from `back` bytes ago; the ranges may overlap, which repeats a pattern. */
  repeat(back: number, count: number): void {
    this.need(count);
    if (back < 1 || back > this.length) throw doesNotUnpack();
    for (let left = count; left > 0; ) {
      const piece = Math.min(left, back);
      this.bytes.copyWithin(this.length, this.length - back, this.length - back + piece);
      this.length += piece;
      left -= piece;
    }
  }

  end(): Buffer {
    if (!this.full) throw doesNotUnpack();
    return this.bytes;
  }

  private need(count: number): void {
    if (count > this.bytes.length - this.length) throw doesNotUnpack();
  }
}

/** Allocates a buffer for decompressed bytes, new or reused. */
export type Room = (size: number) => Buffer;

const ownRoom: Room = (size) => Buffer.allocUnsafe(size);

export function doesNotUnpack(): ParquetError {
  return new ParquetError('has a page that does not unpack to the size that it states');
}

/**
 * Google's Snappy, without framing (format_description.txt).
 * @param size number of decompressed bytes
 * @param room allocates their buffer
 */
export function unpackSnappy(packed: Buffer, size: number, room: Room = ownRoom): Buffer {
  const source = new ByteReader(packed);
  if (source.varint() !== size) throw doesNotUnpack();
  const output = new Output(room(size));
  while (source.left > 0) {
    const tag = source.uint8();
    const length = (tag >> 2) + 1;
    if ((tag & 3) === 0) output.literal(source, length <= 60 ? length : littleEndian(source, length - 60) + 1);
    else if ((tag & 3) === 1) output.repeat(((tag >> 5) << 8) | source.uint8(), ((tag >> 2) & 7) + 4);
    else output.repeat(littleEndian(source, (tag & 3) === 2 ? 2 : 4), length);
  }
  return output.end();
}

/** One block of LZ4, without framing (lz4_Block_format.md); `room` as of Snappy. */
export function unpackLz4(packed: Buffer, size: number, room: Room = ownRoom): Buffer {
  const source = new ByteReader(packed);
  const output = new Output(room(size));
  while (source.left > 0) {
    const token = source.uint8();
    output.literal(source, lz4Length(source, token >> 4));
    // The last sequence is of literals alone.
    if (source.left === 0) break;
    const back = littleEndian(source, 2);
    output.repeat(back, lz4Length(source, token & 15) + 4);
  }
  return output.end();
}

/** Unpacks Parquet's first LZ4 format: Hadoop's blocks, each after its sizes, which some writers omit. */
export function unpackHadoopLz4(packed: Buffer, size: number): Buffer {
  const blocks: Buffer[] = [];
  let at = 0;
  let unpacked = 0;
  while (packed.length - at >= 8) {
    const blockSize = packed.readUInt32BE(at);
    const packedSize = packed.readUInt32BE(at + 4);
    if (packedSize > packed.length - at - 8 || blockSize > size - unpacked) break;
    try {
      blocks.push(unpackLz4(packed.subarray(at + 8, at + 8 + packedSize), blockSize));
    } catch (thrown) {
      if (thrown instanceof ParquetError) break;
      throw thrown;
    }
    at += 8 + packedSize;
    unpacked += blockSize;
  }
  return at === packed.length && unpacked === size ? Buffer.concat(blocks) : unpackLz4(packed, size);
}

function lz4Length(source: ByteReader, start: number): number {
  let length = start;
  if (start < 15) return length;
  for (let byte = 255; byte === 255; length += byte) byte = source.uint8();
  return length;
}

function littleEndian(source: ByteReader, byteCount: number): number {
  const start = source.take(byteCount);
  return source.bytes.readUIntLE(start, byteCount);
}
