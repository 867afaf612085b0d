import type { Room } from './block-codecs.ts';
import { ByteReader } from './byte-reader.ts';
import { unpackPage } from './codecs.ts';
import { readHybrid } from './hybrid.ts';
import { ParquetError, unsupported } from './parse-error.ts';
import type { Leaf } from './schema.ts';
import { ThriftReader } from './thrift.ts';
import { readValues, type Values } from './values.ts';

/** Largest allocation for a page, whatever its header claims. */
const largestPageBytes = 256 * 2 ** 20;
/** Entries of a page: values and nulls. */
const maxEntries = 2 ** 24;

const kinds = { data: 0, index: 1, dictionary: 2, dataV2: 3 } as const;

export interface PageHeader {
  readonly kind: 'data' | 'dictionary' | 'other';
  readonly size: number;
  readonly packedSize: number;
  readonly entryCount: number;
  readonly encoding: number;
  /** Version 2: levels are separate and uncompressed. */
  readonly levels: { readonly repetition: number; readonly definition: number; readonly packed: boolean } | null;
}

/** A decoded page of one column: for every entry its levels, and a value if it is fully defined. */
export interface DataPage {
  readonly entryCount: number;
  /** Null where every entry begins a row. */
  readonly repetition: Uint8Array | Uint32Array | null;
  /** Null where every entry is a value. */
  readonly definition: Uint8Array | Uint32Array | null;
  readonly values: Values;
}

export function readPageHeader(source: ByteReader): PageHeader {
  const thrift = new ThriftReader(source);
  const found = { kind: -1, size: 0, packedSize: 0, entryCount: 0, encoding: -1, runLevels: true };
  let levels: { repetition: number; definition: number; packed: boolean } | null = null;
  thrift.struct((field, type) => {
    if (field === 1) found.kind = thrift.integerOf(type);
    else if (field === 2) found.size = thrift.countOf(type);
    else if (field === 3) found.packedSize = thrift.countOf(type);
    else if (field === 5 || field === 7)
      return thrift.structOf(type, (inner, innerType) => {
        if (inner === 1) found.entryCount = thrift.countOf(innerType);
        else if (inner === 2) found.encoding = thrift.integerOf(innerType);
        else if (field === 5 && (inner === 3 || inner === 4)) found.runLevels &&= thrift.integerOf(innerType) === 3;
        else return false;
        return true;
      });
    else if (field === 8) {
      const parts = { repetition: 0, definition: 0, packed: true };
      levels = parts;
      return thrift.structOf(type, (inner, innerType) => {
        if (inner === 1) found.entryCount = thrift.countOf(innerType);
        else if (inner === 4) found.encoding = thrift.integerOf(innerType);
        else if (inner === 5) parts.definition = thrift.countOf(innerType);
        else if (inner === 6) parts.repetition = thrift.countOf(innerType);
        else if (inner === 7) parts.packed = thrift.flagOf(innerType);
        else return false;
        return true;
      });
    } else return false;
    return true;
  });
  const { kind, size, packedSize, entryCount, encoding } = found;
  if (size > largestPageBytes)
    throw unsupported(
      `has a page of ${size} bytes, where at most ${largestPageBytes} are read`,
      'Write it again with smaller pages, e.g. with pandas: DataFrame.to_parquet(path).',
    );
  if (packedSize > largestPageBytes * 1.25) throw new ParquetError(`has a page of ${packedSize} bytes`);
  if (entryCount > maxEntries) throw new ParquetError(`has a page of ${entryCount} values`);
  if (!found.runLevels) throw unsupported('says which values are missing in a way that is long out of use');
  return {
    kind: kind === kinds.data || kind === kinds.dataV2 ? 'data' : kind === kinds.dictionary ? 'dictionary' : 'other',
    size,
    packedSize,
    entryCount,
    encoding,
    levels: kind === kinds.dataV2 ? (levels ?? { repetition: 0, definition: 0, packed: true }) : null,
  };
}

/** Returns true if values are read directly from the page's bytes in the file. */
export function isUnpacked(codec: number, { levels }: PageHeader): boolean {
  return codec === 0 || levels?.packed === false;
}

/**
 * @param packed the bytes after the header
 * @param room allocates the buffer to decompress into
 */
export function readDataPage(
  leaf: Leaf,
  codec: number,
  header: PageHeader,
  packed: Buffer,
  dictionary: Values | null,
  room: Room,
): DataPage {
  const { entryCount, encoding } = header;
  const { repetition, definition, source } =
    header.levels === null
      ? levelsWithin(leaf, entryCount, new ByteReader(unpackPage(codec, packed, header.size, room)))
      : levelsApart(leaf, codec, header, header.levels, packed, room);
  let valueCount = entryCount;
  if (definition !== null) {
    valueCount = 0;
    for (const level of definition) {
      if (level > leaf.definition) throw new ParquetError('has levels that its schema does not know');
      if (level === leaf.definition) valueCount++;
    }
  }
  if (repetition !== null)
    for (const level of repetition)
      if (level > leaf.repeats) throw new ParquetError('has levels that its schema does not know');
  return { entryCount, repetition, definition, values: readValues(leaf, encoding, source, valueCount, dictionary) };
}

interface Levels {
  readonly repetition: DataPage['repetition'];
  readonly definition: DataPage['definition'];
  readonly source: ByteReader;
}

function levelsWithin(leaf: Leaf, count: number, source: ByteReader): Levels {
  const levels = (most: number): Levels['definition'] =>
    most === 0 ? null : readHybrid(source.part(source.uint32()), bitWidth(most), count);
  const repetition = levels(leaf.repeats);
  return { repetition, definition: levels(leaf.definition), source };
}

function levelsApart(
  leaf: Leaf,
  codec: number,
  { entryCount, size }: PageHeader,
  { repetition, definition, packed: isPacked }: NonNullable<PageHeader['levels']>,
  packed: Buffer,
  room: Room,
): Levels {
  const source = new ByteReader(packed);
  const levels = (byteLength: number, most: number): Levels['definition'] => {
    const part = source.part(byteLength);
    return most === 0 ? null : readHybrid(part, bitWidth(most), entryCount);
  };
  const repetitionLevels = levels(repetition, leaf.repeats);
  const definitionLevels = levels(definition, leaf.definition);
  const rest = packed.subarray(source.offset);
  const restSize = size - source.offset;
  if (restSize < 0) throw new ParquetError('has a page that is smaller than its levels');
  const bytes = unpackPage(isPacked ? codec : 0, rest, restSize, room);
  return { repetition: repetitionLevels, definition: definitionLevels, source: new ByteReader(bytes) };
}

function bitWidth(largest: number): number {
  return 32 - Math.clz32(largest);
}
