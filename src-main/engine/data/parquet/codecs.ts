import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { doesNotUnpack, type Room, unpackHadoopLz4, unpackLz4, unpackSnappy } from './block-codecs.ts';
import { type ParquetError, unsupported } from './parse-error.ts';

/** Compression codecs by the format's number. `most` is the largest expansion of one compressed byte, if known. */
interface Codec {
  readonly most: number;
  /** `room` allocates the buffer. */
  unpack(packed: Buffer, size: number, room?: Room): Buffer;
}

/** By zlib: it stops at the stated size instead of unpacking on. */
function byZlib(unpack: (packed: Buffer, options: { maxOutputLength: number }) => Buffer): Codec['unpack'] {
  return (packed, size) => {
    try {
      return unpack(packed, { maxOutputLength: Math.max(size, 1) });
    } catch {
      throw doesNotUnpack();
    }
  };
}

const codecs: ReadonlyMap<number, Codec> = new Map([
  [0, { most: 1, unpack: (packed) => packed }],
  [1, { most: 32, unpack: unpackSnappy }],
  [2, { most: 1100, unpack: byZlib(gunzipSync) }],
  [4, { most: Number.POSITIVE_INFINITY, unpack: byZlib(brotliDecompressSync) }],
  [5, { most: 256, unpack: unpackHadoopLz4 }],
  [6, { most: Number.POSITIVE_INFINITY, unpack: byZlib(zstdDecompressSync) }],
  [7, { most: 256, unpack: unpackLz4 }],
]);

/** Decompresses a page. @throws ParquetError if it is not of `size`; implausible sizes are never allocated. */
export function unpackPage(codec: number, packed: Buffer, size: number, room?: Room): Buffer {
  const found = codecs.get(codec);
  if (found === undefined) throw unknownCodec(codec);
  if (size > 1024 + packed.length * found.most) throw doesNotUnpack();
  const bytes = size === 0 ? Buffer.alloc(0) : found.unpack(packed, size, room);
  if (bytes.length !== size) throw doesNotUnpack();
  return bytes;
}

function unknownCodec(codec: number): ParquetError {
  return unsupported(
    codec === 3 ? 'is packed by LZO, which is not read' : `is packed in an unknown way (number ${codec})`,
    'Write it packed by snappy, gzip, zstd, brotli or lz4, e.g. with pandas: DataFrame.to_parquet(path).',
  );
}
