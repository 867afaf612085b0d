import { type ByteReader, endsEarly } from './byte-reader.ts';
import { bytesToCell, numberToCell, physical } from './cells.ts';
import { readDeltas } from './delta.ts';
import { readHybrid } from './hybrid.ts';
import { ParquetError, unsupported } from './parse-error.ts';
import type { Leaf } from './schema.ts';

/** Values of a page, converted to cells on demand. */
export interface Values {
  readonly count: number;
  cell(index: number): unknown;
  /** Stored size of the value, which counts towards the row's size. */
  size(index: number): number;
}

/** Encodings, by the format's numbers. */
const encodings = {
  plain: 0,
  plainDictionary: 2,
  runs: 3,
  deltas: 5,
  deltaLengths: 6,
  deltaBytes: 7,
  dictionary: 8,
  byteStreams: 9,
} as const;

/** Bytes that prefixes of DELTA_BYTE_ARRAY may grow to in one page. */
const largestExpanded = 256 * 2 ** 20;

/**
 * Reads `count` values of a page from the rest of `source`. @param dictionary of the column chunk, if any
 * @throws ParquetError if there are fewer, or for an unknown encoding
 */
export function readValues(
  leaf: Leaf,
  encoding: number,
  source: ByteReader,
  count: number,
  dictionary: Values | null,
): Values {
  switch (encoding) {
    case encodings.plain:
      return readPlain(leaf, source, count);
    case encodings.dictionary:
    case encodings.plainDictionary:
      return readIndices(source, count, dictionary);
    case encodings.runs: {
      if (leaf.type !== physical.boolean) break;
      const flags = readHybrid(source.part(source.uint32()), 1, count);
      return { count, cell: (index) => flags[index] === 1, size: () => 1 };
    }
    case encodings.deltas: {
      if (leaf.type !== physical.int32 && leaf.type !== physical.int64) break;
      const values = readDeltas(source, count, leaf.type === physical.int32 ? 32 : 64);
      const toCell = numberToCell(leaf);
      return { count, cell: (index) => toCell(values[index] ?? 0n), size: () => 8 };
    }
    case encodings.deltaLengths: {
      if (leaf.type !== physical.bytes) break;
      const lengths = readDeltas(source, count, 32);
      return piecesOf(leaf, source, count, (index) => Number(lengths[index]));
    }
    case encodings.deltaBytes:
      if (leaf.type !== physical.bytes && leaf.type !== physical.fixedBytes) break;
      return readPrefixed(leaf, source, count);
    case encodings.byteStreams:
      return readByteStreams(leaf, source, count);
  }
  throw unsupported(`has values in an encoding that is not read (number ${encoding})`);
}

/** A dictionary is converted to cells once, so that rows share its strings. */
export function readDictionary(leaf: Leaf, source: ByteReader, count: number): Values {
  const plain = readPlain(leaf, source, count);
  const cells = new Array<unknown>(count);
  const known = new Uint8Array(count);
  return {
    ...plain,
    cell: (index) => {
      if (known[index] === 0) {
        cells[index] = plain.cell(index);
        known[index] = 1;
      }
      return cells[index];
    },
  };
}

function readIndices(source: ByteReader, count: number, dictionary: Values | null): Values {
  if (dictionary === null) throw new ParquetError('points into a dictionary that it does not have');
  if (count === 0) return { count, cell: () => null, size: () => 0 };
  const indices = readHybrid(source, source.uint8(), count);
  for (const index of indices)
    if (index >= dictionary.count)
      throw new ParquetError(`points to value ${index} of a dictionary of ${dictionary.count}`);
  return {
    count,
    cell: (index) => dictionary.cell(indices[index] ?? 0),
    size: (index) => dictionary.size(indices[index] ?? 0),
  };
}

function readPlain(leaf: Leaf, source: ByteReader, count: number): Values {
  if (leaf.type === physical.boolean) {
    const start = source.take(Math.ceil(count / 8));
    const { bytes } = source;
    return { count, cell: (index) => (((bytes[start + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1, size: () => 1 };
  }
  if (leaf.type === physical.bytes) {
    if (count * 4 > source.left) throw endsEarly();
    return piecesOf(leaf, source, count, () => source.uint32());
  }
  const width = fixedWidth(leaf);
  const start = source.take(count * width);
  return fixedValues(leaf, source.bytes, start, width, count);
}

/** Bytes per value of a fixed-width type. */
function fixedWidth({ type, typeLength }: Leaf): number {
  if (type === physical.int32 || type === physical.float) return 4;
  if (type === physical.int64 || type === physical.double) return 8;
  if (type === physical.int96) return 12;
  if (type === physical.fixedBytes && typeLength > 0) return typeLength;
  throw new ParquetError('has values of an unknown type');
}

function fixedValues(leaf: Leaf, bytes: Buffer, start: number, width: number, count: number): Values {
  const size = (): number => width;
  if (leaf.type === physical.fixedBytes || leaf.type === physical.int96) {
    const toCell = bytesToCell(leaf);
    return { count, size, cell: (index) => toCell(bytes, start + index * width, start + (index + 1) * width) };
  }
  const toCell = numberToCell(leaf);
  const read = {
    [physical.int32]: (at: number) => bytes.readInt32LE(at),
    [physical.int64]: (at: number) => bytes.readBigInt64LE(at),
    [physical.float]: (at: number) => bytes.readFloatLE(at),
  }[leaf.type];
  const readNumber = read ?? ((at: number) => bytes.readDoubleLE(at));
  return { count, size, cell: (index) => toCell(readNumber(start + index * width)) };
}

/** Variable-length values in sequence; `lengthOf` is called before each is read. */
function piecesOf(leaf: Leaf, source: ByteReader, count: number, lengthOf: (index: number) => number): Values {
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  for (let index = 0; index < count; index++) {
    const length = lengthOf(index);
    starts[index] = source.take(length);
    ends[index] = source.offset;
  }
  const { bytes } = source;
  const toCell = bytesToCell(leaf);
  return {
    count,
    cell: (index) => toCell(bytes, starts[index] ?? 0, ends[index] ?? 0),
    size: (index) => (ends[index] ?? 0) - (starts[index] ?? 0),
  };
}

/** DELTA_BYTE_ARRAY: each value begins as the one before it. */
function readPrefixed(leaf: Leaf, source: ByteReader, count: number): Values {
  const prefixes = readDeltas(source, count, 32);
  const suffixes = readDeltas(source, count, 32);
  const ends = new Uint32Array(count + 1);
  let size = 0;
  for (let index = 0; index < count; index++) {
    const [prefix, suffix] = [Number(prefixes[index]), Number(suffixes[index])];
    const before = size - (ends[index - 1] ?? 0);
    if (prefix < 0 || suffix < 0 || prefix > (index === 0 ? 0 : before))
      throw new ParquetError('has a text that begins with more of another than there is');
    if (size + prefix + suffix > largestExpanded) throw new ParquetError('has a page that unpacks to too much');
    ends[index] = size;
    size += prefix + suffix;
  }
  ends[count] = size;
  const bytes = Buffer.allocUnsafe(size);
  for (let index = 0; index < count; index++) {
    const start = ends[index] ?? 0;
    const prefix = Number(prefixes[index]);
    const suffix = Number(suffixes[index]);
    bytes.copyWithin(start, ends[index - 1] ?? 0, (ends[index - 1] ?? 0) + prefix);
    const at = source.take(suffix);
    source.bytes.copy(bytes, start + prefix, at, at + suffix);
  }
  const toCell = bytesToCell(leaf);
  if (leaf.type === physical.fixedBytes && size !== count * leaf.typeLength)
    throw new ParquetError('has values whose lengths differ from that of the column');
  return {
    count,
    cell: (index) => toCell(bytes, ends[index] ?? 0, ends[index + 1] ?? 0),
    size: (index) => (ends[index + 1] ?? 0) - (ends[index] ?? 0),
  };
}

/** BYTE_STREAM_SPLIT: the first bytes of all values, then the second ones, and so on. */
function readByteStreams(leaf: Leaf, source: ByteReader, count: number): Values {
  const width = fixedWidth(leaf);
  const start = source.take(count * width);
  const bytes = Buffer.allocUnsafe(count * width);
  for (let byte = 0; byte < width; byte++)
    for (let index = 0; index < count; index++)
      bytes[index * width + byte] = source.bytes[start + byte * count + index] ?? 0;
  return fixedValues(leaf, bytes, 0, width, count);
}
