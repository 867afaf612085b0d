import { openPromise } from 'yauzl';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { firstLine, unreadable } from '../byte-source.ts';
import { noHeader } from '../text/file-notes.ts';
import { faultyRow, largestRowBytes, maxColumns, type RawRow, type RowReading, rowTooLong } from '../text/raw-row.ts';
import {
  findHeader,
  headerParameter,
  headerRowParameter,
  headerRows,
  numberedNames,
  rowsAboveNote,
} from '../text/table-header.ts';
import { textReader } from '../text/text-reader.ts';

const sheetParameter: ParameterSpec = {
  name: 'sheet',
  label: 'Sheet',
  type: 'text',
  default: '',
  help: 'Name of the sheet that is read. Empty: the first one.',
  advanced: true,
};

export const xlsxReader = textReader(
  {
    id: 'xlsx',
    label: 'Excel',
    summary:
      'A sheet of an Excel workbook (.xlsx), with what its cells show as values, not formulas. The header is row 1. Held in memory while it is read: larger tables are better as CSV or Parquet.',
  },
  {
    extensions: ['xlsx'],
    parameters: [sheetParameter, headerParameter, headerRowParameter],
    rows: sheetRows,
    notes: sheetNotes,
  },
);

/** A workbook is read as a whole, and its XML is some twenty times its size. */
const maxPackedBytes = 64 * 2 ** 20;
const maxUnpackedBytes = 512 * 2 ** 20;
const maxEntries = 10_000;
/** XML of tables is packed to a twentieth. More than this of it is taken for a bomb. */
const maxRatio = 200;
const plainBytes = 32 * 2 ** 20;
/** Excel's own limits, and those on what is held in memory. */
const [maxSheetRows, maxSheetColumns] = [1_048_576, 16_384];
const maxCells = 1_000_000;
const maxTable = 20_000_000;
/** Characters that hold the start of a cell's element. */
const cellHead = 256;
const batchRows = 512;

type Cell = string | number | boolean | null;

async function* sheetRows(path: string, { options, onBytes }: RowReading): AsyncGenerator<RawRow[]> {
  const { rows, size } = await readSheet(path, options);
  const { names, start: first } = headerOf(path, rows, options);
  for (let start = first; start < rows.length; start += batchRows) {
    const some = rows.slice(start, start + batchRows);
    yield some.flatMap((cells, index) => rowOf(start + index + 1, cells, names) ?? []);
    onBytes?.((size * some.length) / rows.length);
  }
}

async function sheetNotes(path: string, options: ParameterValues): Promise<string[]> {
  const { rows } = await readSheet(path, options);
  const { above, isNamed } = headerOf(path, rows, options);
  return [...above, ...(isNamed || options['header'] === 'data' ? [] : [noHeader])];
}

interface SheetHeader {
  /** Names of the columns; null for an empty one left of the table. */
  readonly names: (string | null)[];
  readonly isNamed: boolean;
  /** Index of the first row of data. */
  readonly start: number;
  /** Describes the rows above the header. */
  readonly above: string[];
}

function headerOf(path: string, rows: readonly (readonly Cell[])[], options: ParameterValues): SheetHeader {
  const head = rows
    .slice(0, headerRows)
    .map((row, at) => ({ row: at + 1, cells: row.map((cell) => String(cell ?? '')) }));
  const width = Math.min(maxColumns, Math.max(0, ...head.map(({ cells }) => cells.length)));
  const found = findHeader(path, head, options);
  const note = rowsAboveNote(head, found);
  const above = note === null ? [] : [note];
  const first = head[found.index]?.cells ?? [];
  const isEmpty = (column: number) =>
    rows.every((row) => row[column] === null || row[column] === undefined || row[column] === '');
  let left = 0;
  while (left < width && first[left] === '' && isEmpty(left)) left++;
  const numbered = numberedNames(width).slice(left);
  const shifted = (names: readonly string[]) => [...Array.from({ length: left }, () => null), ...names];
  if (!found.isNamed) return { names: shifted(numbered), isNamed: false, start: found.index, above };
  const names = numbered.map((name, column) => first[left + column]?.trim() || name);
  const unique = names.map((name, at) => (names.indexOf(name) === at ? name : `${name} ${at + 1}`));
  return { names: shifted(unique), isNamed: true, start: found.index + 1, above };
}

/** Null for a row without a value. */
function rowOf(row: number, cells: readonly Cell[], names: readonly (string | null)[]): RawRow | null {
  if (cells.every((cell) => cell === null || cell === '')) return null;
  const length = cells.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
  if (length > largestRowBytes) return faultyRow(row, rowTooLong);
  const named = names.flatMap((name, column) => (name === null ? [] : [[name, cells[column] ?? null] as const]));
  return { row, cells: Object.fromEntries(named), fault: null };
}

/** @throws StudioError invalid_file for what is no workbook or too large, invalid_input without such a sheet */
async function readSheet(path: string, options: ParameterValues): Promise<{ rows: Cell[][]; size: number }> {
  const size = await checkPackage(path);
  const { default: readWorkbook } = await import('read-excel-file/node');
  const sheets = await readWorkbook(path, { trim: false }).catch((thrown: unknown) => {
    throw broken(path, thrown);
  });
  const wanted = String(options['sheet'] ?? '');
  const found = wanted === '' ? sheets[0] : sheets.find(({ sheet }) => sheet === wanted);
  if (found === undefined)
    throw new StudioError(
      'invalid_input',
      wanted === '' ? `${path} has no sheet.` : `${path} has no sheet "${wanted}".`,
      `Its sheets: ${sheets
        .map(({ sheet }) => sheet)
        .slice(0, 20)
        .join(', ')}.`,
    ).at('sheet');
  return { rows: found.data.map((row) => row.map(cellOf)), size };
}

function cellOf(value: unknown): Cell {
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? null : value.toISOString().replace(/(?:T00:00:00)?\.000Z$/, '');
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}

/**
 * Refuses a workbook that would unpack to more than can be read, or whose sheets have cells so far away that the table between
 * would fill the memory: the library makes a cell of each. Returns the size in bytes.
 */
async function checkPackage(path: string): Promise<number> {
  const zip = await openPromise(path, { lazyEntries: true }).catch((error: unknown) => {
    const isSystem = error instanceof Error && 'code' in error && error.code !== undefined;
    throw isSystem ? unreadable(path, error) : broken(path, error);
  });
  try {
    if (zip.fileSize > maxPackedBytes || zip.entryCount > maxEntries) throw tooLarge(path);
    let unpacked = 0;
    for await (const entry of zip.eachEntry()) {
      const { uncompressedSize: size, compressedSize: packed } = entry;
      unpacked += size;
      if (unpacked > maxUnpackedBytes) throw tooLarge(path);
      if (size > plainBytes && size > maxRatio * packed)
        throw new StudioError(
          'invalid_file',
          `${path}: ${entry.fileName} unpacks to more than ${maxRatio} times its size, which no table does.`,
          'Save the sheet as CSV.',
        );
      if (/^xl\/worksheets\/[^/]+\.xml$/.test(entry.fileName))
        await checkCells(path, await zip.openReadStreamPromise(entry));
    }
    return zip.fileSize;
  } catch (thrown) {
    throw broken(path, thrown);
  } finally {
    zip.close();
  }
}

async function checkCells(path: string, sheet: AsyncIterable<Buffer>): Promise<void> {
  let [rest, cells, rows, columns] = ['', 0, 0, 0];
  for await (const bytes of sheet) {
    const text = rest + bytes.toString('latin1');
    let read = 0;
    for (const found of text.matchAll(/<(?:\w{1,20}:)?c\b[^<>]{0,100}?\br="([A-Z]+)(\d+)"/g)) {
      const [whole, letters = '', digits = ''] = found;
      read = found.index + whole.length;
      cells++;
      const column = letters.length > 3 ? Number.POSITIVE_INFINITY : columnOf(letters);
      [rows, columns] = [Math.max(rows, Number(digits)), Math.max(columns, column)];
      if (rows > maxSheetRows || columns > maxSheetColumns || rows * columns > maxTable)
        throw new StudioError(
          'invalid_file',
          `${path} has a cell at ${letters}${digits}, which makes a table of more than ${maxTable / 1e6} million cells.`,
          'Delete that cell in Excel, or save the sheet as CSV.',
        );
      if (cells > maxCells)
        throw new StudioError(
          'invalid_file',
          `${path} has a sheet of more than ${maxCells / 1e6} million cells.`,
          'Save the sheet as CSV.',
        );
    }
    rest = text.slice(Math.max(read, text.length - cellHead));
  }
}

/** Number of a column by its letters, from 1. */
function columnOf(letters: string): number {
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
}

function tooLarge(path: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${path} is larger than a workbook that is read: ${maxPackedBytes / 2 ** 20} MB, or ${maxUnpackedBytes / 2 ** 20} MB unpacked.`,
    'Save the sheet as CSV.',
  );
}

function broken(path: string, thrown: unknown): StudioError {
  if (thrown instanceof StudioError) return thrown;
  return new StudioError(
    'invalid_file',
    `${path} is not a readable Excel workbook: ${firstLine(thrown)}.`,
    'Save it as .xlsx, or as CSV.',
  );
}
