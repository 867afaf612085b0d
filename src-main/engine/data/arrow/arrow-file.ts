import { setImmediate } from 'node:timers/promises';
import type { DataType, RecordBatch, RecordBatchFileReader, RecordBatchStreamReader } from 'apache-arrow';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { firstLine, openByteSource } from '../byte-source.ts';
import { classNames, withClassNames } from '../parquet/class-names.ts';
import type { RawRow, RowReading } from '../text/raw-row.ts';
import { faultyRow, maxColumns } from '../text/raw-row.ts';
import { ArrowCells, UnreadableValue } from './arrow-cells.ts';
import { arrowMessages } from './messages.ts';

type Reader = RecordBatchFileReader | RecordBatchStreamReader;

let library: Promise<typeof import('apache-arrow')> | undefined;

/** Loaded with the first file: most starts of the app read none. */
function loadArrow(): NonNullable<typeof library> {
  library ??= import('apache-arrow');
  return library;
}

const batchRows = 512;
/** Rows without a byte of their own. */
const maxFreeRows = 1024;

/** Rows of an Arrow IPC file or stream in file order, a record batch in memory at a time. */
export async function* arrowRows(path: string, { onBytes }: Partial<RowReading> = {}): AsyncGenerator<RawRow[]> {
  const { source, reader } = await open(path);
  try {
    const { size } = source;
    const names = classNames(reader.schema.metadata.get('huggingface') ?? null);
    if (reader.schema.fields.length > maxColumns)
      throw new StudioError('invalid_file', `${path} has more than ${maxColumns} columns.`);
    const cells = new ArrowCells((await loadArrow()).DataType);
    let number = 0;
    let told = 0;
    for (;;) {
      const batch = nextOf(path, reader);
      if (batch === null) break;
      named(path, () => checkRows(batch));
      for (let start = 0; start < batch.numRows; start += batchRows) {
        const rows: RawRow[] = [];
        for (let index = start; index < Math.min(batch.numRows, start + batchRows); index++)
          rows.push(
            withClassNames(
              named(path, () => rowOf(batch, index, ++number, cells)),
              names,
            ),
          );
        yield rows;
        // Reading is synchronous: yield to others between batches.
        await setImmediate();
      }
      const bytes = Math.min(size - told, batch.data.byteLength);
      told += bytes;
      onBytes?.(bytes);
    }
    onBytes?.(size - told);
  } finally {
    reader.cancel();
    source.close();
  }
}

/** The columns of a file, and what Hugging Face's datasets notes in it. */
export async function arrowHead(path: string): Promise<{ types: DataType[]; huggingFace: string | null }> {
  const { source, reader } = await open(path);
  try {
    const { fields, metadata } = reader.schema;
    return { types: fields.map(({ type }) => type), huggingFace: metadata.get('huggingface') ?? null };
  } finally {
    reader.cancel();
    source.close();
  }
}

async function open(path: string) {
  const { RecordBatchReader } = await loadArrow();
  const source = openByteSource(path);
  try {
    const reader = RecordBatchReader.from(arrowMessages(source));
    reader.open({ autoDestroy: false });
    // A file that is none has no schema, and says nothing.
    if (reader.schema === undefined) throw new Error('it has no schema');
    return { source, reader };
  } catch (thrown) {
    source.close();
    throw broken(path, thrown);
  }
}

function nextOf(path: string, reader: Reader): RecordBatch | null {
  const { done, value } = named(path, () => reader.next());
  return done === true ? null : value;
}

/** The library takes the number of rows on trust; a bit a row is the least that a column has. */
function checkRows({ numRows, data }: RecordBatch): void {
  if (numRows > 8 * data.byteLength + maxFreeRows)
    throw new Error(`it states ${numRows} rows, more than its bytes can mean`);
}

function rowOf(batch: RecordBatch, index: number, row: number, convert: ArrowCells): RawRow {
  const cells: Record<string, unknown> = {};
  try {
    for (const [column, { name, type }] of batch.schema.fields.entries())
      cells[name] = convert.cell(type, batch.getChildAt(column)?.get(index));
  } catch (thrown) {
    if (thrown instanceof UnreadableValue) return faultyRow(row, thrown.message);
    throw thrown;
  }
  return { row, cells, fault: null };
}

function named<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (thrown) {
    throw broken(path, thrown);
  }
}

function broken(path: string, thrown: unknown): StudioError {
  if (thrown instanceof StudioError) return thrown;
  if (/compress/.test(String(thrown)))
    return new StudioError(
      'invalid_file',
      `${path} is a compressed Arrow file, which is not read.`,
      'Write it as Parquet, or without compression: compression="uncompressed".',
    );
  return new StudioError(
    'invalid_file',
    `${path} is not a readable Arrow file: ${firstLine(thrown)}.`,
    'Save or download it again.',
  );
}
