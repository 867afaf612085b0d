import { ByteReader } from './byte-reader.ts';
import { unpackPage } from './codecs.ts';
import type { ColumnChunk } from './metadata.ts';
import { type DataPage, isUnpacked, type PageHeader, readDataPage, readPageHeader } from './page.ts';
import type { ParquetFile } from './parquet-file.ts';
import { ParquetError } from './parse-error.ts';
import type { Leaf } from './schema.ts';
import { readDictionary, type Values } from './values.ts';

/** Memory limit for pages and dictionaries of all columns. */
const maxPageBytes = 384 * 2 ** 20;
/** A header is some dozen bytes, unless it quotes long values. */
const headerSizes = [512, 64 * 1024, 4 * 2 ** 20];

/**
 * Returns the memory of a page: a run of a million equal values has few bytes in the file, but each needs its entry.
 */
function heldBytesOf({ kind, size, entryCount }: PageHeader): number {
  return kind === 'dictionary' ? 3 * size : size + 6 * entryCount;
}

/** Bytes of the pages of all columns in memory. */
export class HeldBytes {
  private held = 0;

  change(by: number): void {
    this.held += by;
    if (this.held > maxPageBytes)
      throw new ParquetError(
        `has pages that take ${this.held} bytes together, where at most ${maxPageBytes} are held`,
        'Write it again with smaller pages, or without the columns that are not used.',
      );
  }
}

/** Iterates over the entries of one column of a row group, with one page in memory at a time. */
export class LeafCursor {
  readonly leaf: Leaf;
  private readonly file: ParquetFile;
  private readonly chunk: ColumnChunk;
  private readonly held: HeldBytes;
  private readonly end: number;
  private offset: number;
  private entriesLeft: number;
  private dictionary: Values | null = null;
  private page: DataPage | null = null;
  private pageBytes = 0;
  private room: Buffer = Buffer.alloc(0);
  private entry = 0;
  private value = 0;

  constructor(file: ParquetFile, leaf: Leaf, chunk: ColumnChunk, held: HeldBytes) {
    this.file = file;
    this.leaf = leaf;
    this.chunk = chunk;
    this.held = held;
    this.offset = chunk.start;
    this.end = file.dataEnd;
    this.entriesLeft = chunk.entryCount;
  }

  /** No entry is left. */
  get ended(): boolean {
    return this.entriesLeft === 0;
  }

  /** Repetition level of the next entry: 0 begins a row; the end also returns 0. */
  repetition(): number {
    if (this.ended) return 0;
    const { repetition } = this.current();
    return repetition === null ? 0 : (repetition[this.entry] ?? 0);
  }

  /** Definition level of the next entry. @throws ParquetError at the end */
  definition(): number {
    const { definition } = this.current();
    return definition === null ? this.leaf.definition : (definition[this.entry] ?? 0);
  }

  /** Bytes of the next entry's value; 0 where it is missing. */
  size(): number {
    return this.definition() === this.leaf.definition ? this.current().values.size(this.value) : 0;
  }

  /** The next entry's value, null where it is missing; the cursor goes on. `wanted`: false only goes on. */
  next(wanted: boolean): unknown {
    const { values } = this.current();
    const isThere = this.definition() === this.leaf.definition;
    const cell = isThere && wanted ? values.cell(this.value) : null;
    if (isThere) this.value++;
    this.entry++;
    this.entriesLeft--;
    return cell;
  }

  private current(): DataPage {
    if (this.page !== null && this.entry < this.page.entryCount) return this.page;
    return this.load();
  }

  private load(): DataPage {
    if (this.ended) throw new ParquetError('has fewer values than rows');
    this.page = null;
    this.held.change(-this.pageBytes);
    this.pageBytes = 0;
    for (;;) {
      const header = this.header();
      const start = this.take(header.packedSize);
      if (header.kind === 'other' || (header.kind === 'data' && header.entryCount === 0)) continue;
      const heldBytes = heldBytesOf(header);
      this.held.change(heldBytes);
      if (header.kind === 'data') {
        const packed = isUnpacked(this.chunk.codec, header)
          ? this.file.read(start, header.packedSize, this.roomFor(header.packedSize))
          : this.file.lend(start, header.packedSize);
        if (header.entryCount > this.entriesLeft)
          throw new ParquetError(`has more than the ${this.chunk.entryCount} values that it states`);
        this.page = readDataPage(this.leaf, this.chunk.codec, header, packed, this.dictionary, (size) =>
          this.roomFor(size),
        );
        this.pageBytes = heldBytes;
        this.entry = 0;
        this.value = 0;
        return this.page;
      }
      if (this.dictionary !== null) throw new ParquetError('has two dictionaries');
      const packed = this.file.read(start, header.packedSize);
      const bytes = unpackPage(this.chunk.codec, packed, header.size);
      this.dictionary = readDictionary(this.leaf, new ByteReader(bytes), header.entryCount);
    }
  }

  /** Returns the buffer shared by all pages, since only one page is read at a time. */
  private roomFor(size: number): Buffer {
    if (size > this.room.length) this.room = Buffer.allocUnsafeSlow(Math.ceil(size * 1.25));
    return this.room.subarray(0, size);
  }

  private header(): PageHeader {
    for (const size of headerSizes) {
      const length = Math.min(size, this.end - this.offset);
      const source = new ByteReader(this.file.read(this.offset, length));
      try {
        const header = readPageHeader(source);
        this.offset += source.offset;
        return header;
      } catch (thrown) {
        if (!(thrown instanceof ParquetError) || length < size || size === headerSizes.at(-1)) throw thrown;
      }
    }
    throw new ParquetError('has a page without a header');
  }

  private take(length: number): number {
    if (length > this.end - this.offset) throw new ParquetError('has a page that extends past the end of the file');
    const start = this.offset;
    this.offset += length;
    return start;
  }
}
