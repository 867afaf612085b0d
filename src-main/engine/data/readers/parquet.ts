import { setImmediate } from 'node:timers/promises';
import { classNames, withClassNames } from '../parquet/class-names.ts';
import { openParquet } from '../parquet/parquet-file.ts';
import { ParquetError, readOf } from '../parquet/parse-error.ts';
import { RecordReader } from '../parquet/records.ts';
import type { RawRow, RowReading } from '../text/raw-row.ts';
import { textReader } from '../text/text-reader.ts';
import { imageTableReader } from './image-table.ts';

export const parquetReader = textReader(
  {
    id: 'parquet',
    label: 'Parquet',
    summary:
      'A table as Hugging Face, pandas and Arrow write it: plain rows, or conversations as lists of objects. Read a page of values at a time; a row is known by its place in the file, from 1.',
  },
  { extensions: ['parquet', 'pq'], rows: parquetRows },
);

/** Images with classes; what has none is text. */
export const parquetImagesReader = imageTableReader(
  {
    id: 'parquet-images',
    label: 'Parquet with images',
    summary:
      'A table as Hugging Face has image datasets: a column of images in the file, and one of classes, whose names are noted in it. One file, or train and test; of one file a fifth of each class is held out.',
  },
  {
    extensions: ['parquet', 'pq'],
    rows: (path) => parquetRows(path),
    hasImages: (path) =>
      ofHead(path, ({ leaves }) => leaves.some(({ isFile, path }) => isFile && path.split('.').length === 2)),
    classNames: (path) => ofHead(path, ({ huggingFace }) => classNames(huggingFace)),
  },
);

function ofHead<Result>(path: string, read: (file: ReturnType<typeof openParquet>) => Result): Result {
  const file = openParquet(path);
  try {
    return read(file);
  } finally {
    file.close();
  }
}

const batch = { rows: 512, bytes: 4 * 2 ** 20 };
/** Largest plausible expansion of text: beyond it, a file is treated as a decompression bomb. */
const maxUnpacked = { bytes: 256 * 2 ** 20, perByte: 1000 };

/** Rows in file order, in batches. */
export async function* parquetRows(path: string, { onBytes }: Partial<RowReading> = {}): AsyncGenerator<RawRow[]> {
  const file = openParquet(path);
  try {
    const allowed = { bytes: maxUnpacked.bytes + maxUnpacked.perByte * file.byteLength };
    const names = classNames(file.huggingFace);
    let number = 0;
    for (const [group, { rowCount, chunks }] of file.rowGroups.entries()) {
      const records = new RecordReader(file, chunks);
      const place = (): string => `row group ${group + 1}, column ${records.place}`;
      for (let left = rowCount; left > 0; ) {
        const rows = readBatch(path, records, place, number + 1, left, allowed);
        number += rows.length;
        left -= rows.length;
        onBytes?.((file.byteLength * rows.length) / rowCount / file.rowGroups.length);
        yield rows.map((row) => withClassNames(row, names));
        // Reading is synchronous: yield to others between batches.
        await setImmediate();
      }
      readOf(path, place, () => records.end());
    }
  } finally {
    file.close();
  }
}

function readBatch(
  path: string,
  records: RecordReader,
  place: () => string,
  first: number,
  left: number,
  allowed: { bytes: number },
): RawRow[] {
  return readOf(path, place, () => {
    const rows: RawRow[] = [];
    for (let bytes = 0; rows.length < Math.min(left, batch.rows) && bytes < batch.bytes; ) {
      const { row, byteLength } = records.read(first + rows.length);
      rows.push(row);
      bytes += byteLength;
      allowed.bytes -= byteLength;
    }
    if (allowed.bytes < 0) throw new ParquetError('unpacks to more than a file of its size can mean');
    return rows;
  });
}
