import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { encodingParameter } from '../text/encoding.ts';
import { noHeader } from '../text/file-notes.ts';
import { countGarbled } from '../text/garbled.ts';
import {
  faultyRow,
  largestRowBytes,
  maxColumns,
  numberedName,
  type RawRow,
  type RowReading,
  tooLong,
} from '../text/raw-row.ts';
import { withLoneQuotesDoubled } from '../text/tab-lines.ts';
import { dialectOf, separatorParameter, type TableDialect } from '../text/table-dialect.ts';
import {
  findHeader,
  headerParameter,
  headerRowParameter,
  headerRows,
  numberedNames,
  rowsAboveNote,
} from '../text/table-header.ts';
import { textReader } from '../text/text-reader.ts';
import { packable } from '../text/unpacked.ts';
import { beginningOf, encodingNotes, utf8Chunks } from '../text/utf8-chunks.ts';

const tableParameters = [headerParameter, headerRowParameter, encodingParameter];
const byTabs: TableDialect = { separator: '\t', quote: '"', escapedBy: '"', isAnnounced: false };

export const csvReader = textReader(
  {
    id: 'csv',
    label: 'CSV',
    summary:
      'A table: cells separated by commas (or semicolons, tabs or bars, where the rows have those), in quotation marks where they contain such or line breaks. The header is row 1.',
  },
  {
    extensions: packable('csv'),
    parameters: [separatorParameter, ...tableParameters],
    rows: csvRows,
    notes: async (path, options) => tableNotes(path, await dialectIn(path, options), options),
  },
);

export const tsvReader = textReader(
  { id: 'tsv', label: 'TSV', summary: 'A table with a header, its cells separated by tabs. The header is row 1.' },
  {
    extensions: packable('tsv', 'tab'),
    parameters: tableParameters,
    rows: (path, reading) => tableRows(path, byTabs, reading),
    notes: (path, options) => tableNotes(path, byTabs, options),
  },
);

/** The rows of a table below the names of its columns. */
export async function* csvRows(path: string, reading: RowReading): AsyncGenerator<RawRow[]> {
  yield* tableRows(path, await dialectIn(path, reading.options), reading);
}

async function dialectIn(path: string, options: ParameterValues): Promise<TableDialect> {
  return dialectOf(await beginningOf(path, options), String(options['separator'] ?? 'auto'));
}

async function tableNotes(path: string, dialect: TableDialect, options: ParameterValues): Promise<string[]> {
  const notes = await encodingNotes(path, options);
  for await (const { header } of records(path, dialect, { options })) {
    if (header.above !== null) notes.push(header.above);
    return header.isNamed || options['header'] === 'data' ? notes : [...notes, noHeader];
  }
  return notes;
}

const recordSchema = z.array(z.string());
const batchRows = 512;
/** Lines of one row that each have the separators of a row. Fewer lines of a text may have them by chance. */
const swallowedLines = { ofTwoColumns: 5, ofMore: 3 };
const maxCellsOfLine = 2 ** 20;
const [lineFeed, carriageReturn] = [0x0a, 0x0d];

interface Header {
  readonly names: readonly string[];
  /** True if the first row has the column names. */
  readonly isNamed: boolean;
  /** Describes the rows above it, which are left out; null if there are none. */
  readonly above: string | null;
}

async function* tableRows(path: string, dialect: TableDialect, reading: RowReading): AsyncGenerator<RawRow[]> {
  for await (const { rows } of records(path, dialect, reading)) if (rows.length > 0) yield rows;
}

/** The rows below the names of their columns, in batches. */
async function* records(
  path: string,
  { separator, quote, escapedBy, isAnnounced }: TableDialect,
  { options, onBytes }: RowReading,
): AsyncGenerator<{ header: Header; rows: RawRow[] }> {
  let [row, lastLine] = [0, 0];
  const isEscaped = escapedBy === '\\';
  const faults: RawRow[] = [];
  const parser = parse({
    delimiter: separator,
    quote,
    escape: escapedBy,
    from_line: isAnnounced ? 2 : 1,
    relax_column_count: true,
    // A TSV seldom means quotation marks as such, and then only whole cells.
    relax_quotes: separator === '\t' || isEscaped,
    // The parser leaves backslashes in cells without quotation marks, where Python's csv writes them too.
    ...(isEscaped ? { cast: (cell, { quoting }) => (quoting ? cell : cell.replaceAll(/\\(["\\])/g, '$1')) } : {}),
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: largestRowBytes,
    // The row's number goes along as the first cell: records and faults are told apart before they are read. So does
    // the number of cells, of which no more are kept than are read.
    on_record: (cells: string[], { lines }) => {
      lastLine = lines;
      return [String(++row), String(cells.length), ...cells.slice(0, maxColumns)];
    },
    on_skip: (error: unknown): undefined => {
      faults.push(faultOf(++row, error, lastLine));
      lastLine = lineOf(error) ?? lastLine;
      return undefined;
    },
  });
  const source = Readable.from(boundedLines(path, { separator, quote, escapedBy }, { options, onBytes }));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let header: Header | null = null;
  let kept: TableRecord[] = [];
  const chosen = String(options['header'] ?? 'auto');
  // The first rows wait until it is told whether the first of them is a header.
  const isDue = (): boolean =>
    kept.length + faults.length >= (header === null && chosen === 'auto' ? headerRows : batchRows);
  const batch = (): { header: Header; rows: RawRow[] } => {
    if (header === null) {
      const found = findHeader(path, kept, options);
      header = headerOf(path, kept, found);
      const first = kept[found.index];
      kept = kept.slice(found.index + (header.isNamed ? 1 : 0));
      // Comments above the header may have quotation marks.
      if (found.index > 0) faults.splice(0, faults.length, ...faults.filter(({ row }) => row > (first?.row ?? 0)));
    }
    const { names } = header;
    const rows = [...kept.map((record) => rowOfCells(record, names, separator)), ...faults.splice(0)];
    kept = [];
    return { header, rows };
  };
  try {
    for await (const record of parser) {
      const [number, count, ...cells] = recordSchema.parse(record);
      kept.push({ row: Number(number), count: Number(count), cells });
      if (isDue()) yield batch();
    }
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    faults.push(faultOf(row + 1, thrown, lastLine));
  } finally {
    source.destroy();
    parser.destroy();
  }
  if (kept.length + faults.length > 0) yield batch();
}

/** A row as it was split: its number, how many cells it has, and those that are read. */
interface TableRecord {
  readonly row: number;
  readonly count: number;
  readonly cells: readonly string[];
}

/** @throws StudioError invalid_file as checkedHeader */
function headerOf(path: string, records: readonly TableRecord[], found: ReturnType<typeof findHeader>): Header {
  const above = rowsAboveNote(records, found);
  const first = records[found.index];
  if (first === undefined) return { names: [], isNamed: false, above };
  if (found.isNamed) return { names: checkedHeader(path, first.cells, first.count), isNamed: true, above };
  if (first.count > maxColumns) throw tooManyColumns(path, first.count);
  return { names: numberedNames(first.count), isNamed: false, above };
}

/**
 * The bytes of the file. The parser holds all cells of a row, empty ones too, which its own bound on bytes does not
 * count.
 * @throws StudioError invalid_file if a line has implausibly many separators
 */
async function* boundedLines(
  path: string,
  { separator, quote, escapedBy }: Pick<TableDialect, 'separator' | 'quote' | 'escapedBy'>,
  reading: RowReading,
): AsyncGenerator<Buffer> {
  let cells = 0;
  const bytes = utf8Chunks(path, reading);
  const isPlain = separator === '\t' && quote === '"' && escapedBy === '"';
  for await (const chunk of isPlain ? withLoneQuotesDoubled(bytes) : bytes) {
    const end = chunk.includes(lineFeed) ? lineFeed : carriageReturn;
    const first = chunk.indexOf(end);
    cells += countOf(first < 0 ? chunk : chunk.subarray(0, first), separator);
    if (cells > maxCellsOfLine)
      throw new StudioError(
        'invalid_file',
        `${path} has a line of more than ${maxCellsOfLine} cells; at most ${maxColumns} columns are read.`,
        'Write each row on its own line.',
      );
    if (first >= 0) cells = countOf(chunk.subarray(chunk.lastIndexOf(end) + 1), separator);
    yield chunk;
  }
}

function countOf(bytes: Buffer, separator: string): number {
  const wanted = separator.charCodeAt(0);
  let count = 0;
  for (const byte of bytes) if (byte === wanted) count++;
  return count;
}

/** @throws StudioError invalid_file if there are too many columns, two have the same name, or a name is no text */
function checkedHeader(path: string, cells: readonly string[], count: number): string[] {
  if (count > maxColumns) throw tooManyColumns(path, count);
  const names = cells.map((name, index) => name.trim() || numberedName(index));
  const garbled = names.find((name) => countGarbled(name) > 0);
  if (garbled !== undefined)
    throw new StudioError(
      'invalid_file',
      `${path} has a header that is no text in UTF-8: "${garbled.replaceAll(/\p{Cc}/gu, '\uFFFD').slice(0, 100)}".`,
      'If it is a table, choose its encoding, e.g. encoding=windows-1252; if it is another kind of file, export its rows as CSV.',
    );
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new StudioError(
      'invalid_file',
      `${path} has two columns named "${twice.slice(0, 100)}".`,
      'Its first row must name each column once: add such a header, or rename one of them.',
    );
  return names;
}

function tooManyColumns(path: string, count: number): StudioError {
  return new StudioError(
    'invalid_file',
    `${path} has ${count} columns; at most ${maxColumns} are read.`,
    'Leave out the columns that are not used.',
  );
}

function rowOfCells({ row, count, cells }: TableRecord, header: readonly string[], separator: string): RawRow {
  const { lines, rows } = linesOf(cells, separator, header.length - 1);
  if (count !== header.length)
    return faultyRow(
      row,
      `expected ${header.length} columns, found ${count}; quote cells that contain the separator or a line break`,
      Math.max(1, rows),
    );
  if (
    header.length > 1 &&
    rows === lines &&
    lines >= (header.length === 2 ? swallowedLines.ofTwoColumns : swallowedLines.ofMore)
  )
    return faultyRow(row, swallows(lines), lines);
  return { row, cells: Object.fromEntries(header.map((name, index) => [name, cells[index]])), fault: null };
}

/** Number of lines that the cells of a row have together, and how many of them have the separators of a row. */
function linesOf(cells: readonly string[], separator: string, separators: number): { lines: number; rows: number } {
  if (!cells.some((cell) => /[\r\n]/.test(cell))) return { lines: 1, rows: 1 };
  const lines = cells.join(separator).split(/\r\n|[\r\n]/);
  return { lines: lines.length, rows: lines.filter((line) => line.split(separator).length - 1 === separators).length };
}

function swallows(lines: number): string {
  return `has a quotation mark that swallows ${lines - 1} more lines, each of which looks like a row; double the mark where it is meant as such, or close it`;
}

function lineOf(error: unknown): number | undefined {
  const lines: unknown = error instanceof CsvError ? Reflect.get(error, 'lines') : undefined;
  return typeof lines === 'number' ? lines : undefined;
}

/** The fault of a row that the parser skips. `lastLine`: where the row before ended. */
function faultOf(row: number, error: unknown, lastLine: number): RawRow {
  const code = error instanceof CsvError ? error.code : '';
  if (code === 'CSV_MAX_RECORD_SIZE') return faultyRow(row, tooLong);
  const lines = Math.max(1, (lineOf(error) ?? lastLine + 1) - lastLine);
  const more = lines > 1 ? ` and swallows ${lines - 1} more lines` : '';
  if (code === 'CSV_QUOTE_NOT_CLOSED')
    return faultyRow(
      row,
      `opens a quotation mark that is never closed${more}; close it, or double it where it is meant as such`,
      lines,
    );
  return faultyRow(
    row,
    `has a quotation mark inside a cell${more}; put the whole cell in quotation marks and double those inside`,
    lines,
  );
}
