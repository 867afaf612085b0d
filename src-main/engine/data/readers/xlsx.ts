import { open } from 'yauzl';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { firstLine, unreadable } from '../byte-source.ts';
import { noHeader } from '../text/file-notes.ts';
import { faultyRow, largestRowBytes, maxColumns, type RawRow, type RowReading, rowTooLong } from '../text/raw-row.ts';
import { headerParameter, headerRows, namesColumns, numberedNames } from '../text/table-header.ts';
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
  { extensions: ['xlsx'], parameters: [sheetParameter, headerParameter], rows: sheetRows, notes: sheetNotes },
);

/** A workbook is read as a whole, and its XML is some twenty times its size. */
const maxPackedBytes = 64 * 2 ** 20;
const maxUnpackedBytes = 512 * 2 ** 20;
const maxEntries = 10_000;
const batchRows = 512;

type Cell = string | number | boolean | null;

async function* sheetRows(path: string, { options, onBytes }: RowReading): AsyncGenerator<RawRow[]> {
  const { rows, size } = await readSheet(path, options);
  const { names, isNamed } = headerOf(rows, options);
  for (let start = isNamed ? 1 : 0; start < rows.length; start += batchRows) {
    const some = rows.slice(start, start + batchRows);
    yield some.flatMap((cells, index) => rowOf(start + index + 1, cells, names) ?? []);
    onBytes?.((size * some.length) / rows.length);
  }
}

async function sheetNotes(path: string, options: ParameterValues): Promise<string[]> {
  const { rows } = await readSheet(path, options);
  return headerOf(rows, options).isNamed || options['header'] === 'data' ? [] : [noHeader];
}

function headerOf(rows: readonly (readonly Cell[])[], options: ParameterValues): { names: string[]; isNamed: boolean } {
  const head = rows.slice(0, headerRows).map((row) => row.map((cell) => String(cell ?? '')));
  const width = Math.min(maxColumns, Math.max(0, ...head.map(({ length }) => length)));
  const numbered = numberedNames(width);
  const isNamed = namesColumns(head, String(options['header'] ?? 'auto'));
  if (!isNamed) return { names: numbered, isNamed };
  const names = numbered.map((name, column) => head[0]?.[column]?.trim() || name);
  return { names: names.map((name, at) => (names.indexOf(name) === at ? name : `${name} ${at + 1}`)), isNamed };
}

/** Null for a row without a value. */
function rowOf(row: number, cells: readonly Cell[], names: readonly string[]): RawRow | null {
  if (cells.every((cell) => cell === null || cell === '')) return null;
  const length = cells.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
  if (length > largestRowBytes) return faultyRow(row, rowTooLong);
  return { row, cells: Object.fromEntries(names.map((name, column) => [name, cells[column] ?? null])), fault: null };
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

/** Refuses by its directory a workbook that would unpack to more than can be read. Its size in bytes. */
function checkPackage(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, { lazyEntries: true }, (error, zip) => {
      if (error) {
        const isSystem = 'code' in error && error.code !== undefined;
        reject(isSystem ? unreadable(path, error) : broken(path, error));
        return;
      }
      let unpacked = 0;
      const refuse = (thrown: StudioError): void => {
        zip.close();
        reject(thrown);
      };
      if (zip.fileSize > maxPackedBytes || zip.entryCount > maxEntries) return refuse(tooLarge(path));
      zip.on('entry', (entry) => {
        unpacked += entry.uncompressedSize;
        if (unpacked > maxUnpackedBytes) refuse(tooLarge(path));
        else zip.readEntry();
      });
      zip.on('error', (thrown: unknown) => refuse(broken(path, thrown)));
      zip.on('end', () => resolve(zip.fileSize));
      zip.readEntry();
    });
  });
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
