import { closeSync, fstatSync, readSync } from 'node:fs';
import { openToRead, unreadable } from '../byte-source.ts';
import { type ParquetMetadata, readMetadata } from './metadata.ts';
import { ParquetError, readOf, unsupported } from './parse-error.ts';
import { type Leaf, type SchemaNode, schemaColumns } from './schema.ts';

const magic = 'PAR1';
const largestFooterBytes = 64 * 2 ** 20;
/**
 * Rows that are taken on trust, and on top of them for each byte of the file: a run of the same value takes few bytes,
 * but texts to learn from do not.
 */
const trusted = { rows: 1_000_000, perByte: 64 };

/** An open Parquet file with its metadata, validated against the file. */
export interface ParquetFile {
  readonly path: string;
  readonly byteLength: number;
  readonly columns: readonly SchemaNode[];
  readonly leaves: readonly Leaf[];
  readonly rowGroups: ParquetMetadata['rowGroups'];
  readonly huggingFace: ParquetMetadata['huggingFace'];
  /** Upper bound of page offsets. */
  readonly dataEnd: number;
  /** Reads into a new or the given buffer. @throws ParquetError if the file ends before */
  read(offset: number, length: number, into?: Buffer): Buffer;
  /** Like `read`, but reuses the buffer on the next call, which saves thousands of allocations for pages. */
  lend(offset: number, length: number): Buffer;
  close(): void;
}

/** @throws StudioError naming a file that is not a readable Parquet file */
export function openParquet(path: string): ParquetFile {
  const descriptor = openToRead(path);
  try {
    return readOf(
      path,
      () => '',
      () => readHead(path, descriptor),
    );
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
}

function readHead(path: string, descriptor: number): ParquetFile {
  const byteLength = fstatSync(descriptor).size;
  const read: ParquetFile['read'] = (offset, length, into = Buffer.allocUnsafe(length)) =>
    readExactly(path, descriptor, offset, into);
  let lent = Buffer.alloc(0);
  if (byteLength < 12 || read(0, 4).toString('latin1') !== magic) {
    if (byteLength >= 4 && read(0, 4).toString('latin1') === 'PARE')
      throw new ParquetError('is an encrypted Parquet file', 'Give it decrypted.');
    throw new ParquetError('is no Parquet file: it does not begin with PAR1');
  }
  const tail = read(byteLength - 8, 8);
  if (tail.toString('latin1', 4) !== magic) throw new ParquetError('is truncated: it does not end with PAR1');
  const footerBytes = tail.readUInt32LE(0);
  if (footerBytes > byteLength - 12)
    throw new ParquetError(`states a footer of ${footerBytes} bytes, more than the file has`);
  if (footerBytes > largestFooterBytes)
    throw unsupported(`has a footer of ${footerBytes} bytes, where at most ${largestFooterBytes} are read`);
  const dataEnd = byteLength - 8 - footerBytes;
  const { schema, rowGroups, huggingFace } = readMetadata(read(dataEnd, footerBytes));
  const { columns, leaves } = schemaColumns(schema);
  checkRowGroups(rowGroups, leaves, byteLength, dataEnd);
  return {
    path,
    byteLength,
    columns,
    leaves,
    rowGroups,
    huggingFace,
    dataEnd,
    read,
    lend: (offset, length) => {
      if (length > lent.length) lent = Buffer.allocUnsafe(length);
      return readExactly(path, descriptor, offset, lent.subarray(0, length));
    },
    close: () => closeSync(descriptor),
  };
}

function checkRowGroups(
  rowGroups: ParquetFile['rowGroups'],
  leaves: readonly Leaf[],
  byteLength: number,
  dataEnd: number,
): void {
  const most = trusted.rows + trusted.perByte * byteLength;
  const entries = leaves.map(() => 0);
  let rows = 0;
  for (const [group, { rowCount, chunks }] of rowGroups.entries()) {
    const place = `has in row group ${group + 1}`;
    if (chunks.length !== leaves.length)
      throw new ParquetError(`${place} ${chunks.length} columns, but in its schema ${leaves.length}`);
    rows += rowCount;
    for (const [index, { start, byteLength: length, entryCount }] of chunks.entries()) {
      const leaf = leaves[index];
      if (leaf === undefined) continue;
      entries[index] = (entries[index] ?? 0) + entryCount;
      if (start + length > dataEnd || (entryCount > 0 && start < magic.length))
        throw new ParquetError(`${place} the column ${leaf.path} outside of the file`);
      if (leaf.repeats === 0 && entryCount !== rowCount)
        throw new ParquetError(`${place} ${rowCount} rows, but ${entryCount} values of ${leaf.path}`);
    }
  }
  const largest = Math.max(rows, ...entries);
  if (largest > most)
    throw new ParquetError(`states ${largest} values in a column, more than ${byteLength} bytes can mean`);
}

function readExactly(path: string, descriptor: number, offset: number, bytes: Buffer): Buffer {
  for (let done = 0; done < bytes.length; ) {
    let count: number;
    try {
      count = readSync(descriptor, bytes, done, bytes.length - done, offset + done);
    } catch (thrown) {
      throw unreadable(path, thrown);
    }
    if (count === 0) throw new ParquetError('became shorter while it was read', 'Let what writes it end first.');
    done += count;
  }
  return bytes;
}
