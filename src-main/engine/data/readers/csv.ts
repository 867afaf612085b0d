import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type BytesListener, faultyRow, largestRowBytes, mostColumns, type RawRow, tooLong } from '../text/raw-row.ts';
import { textReader } from '../text/text-reader.ts';
import { countGarbled, utf8Chunks } from '../text/utf8-chunks.ts';

export const csvReader = textReader(
  {
    id: 'csv',
    label: 'CSV',
    summary:
      'A table with a header: cells separated by commas (or semicolons, where the header has more of those), in quotation marks where they contain such or line breaks. The header is row 1.',
  },
  {
    extensions: ['csv'],
    rows: async function* (path, onBytes) {
      yield* tableRows(path, await separatorOf(path), onBytes);
    },
  },
);

export const tsvReader = textReader(
  { id: 'tsv', label: 'TSV', summary: 'A table with a header, its cells separated by tabs. The header is row 1.' },
  { extensions: ['tsv', 'tab'], rows: (path, onBytes) => tableRows(path, '\t', onBytes) },
);

async function separatorOf(path: string): Promise<string> {
  for await (const chunk of utf8Chunks(path)) {
    const [header = ''] = chunk.toString('utf8').split('\n', 1);
    const count = (separator: string): number => header.split(separator).length;
    return count(';') > count(',') ? ';' : ',';
  }
  return ',';
}

const recordSchema = z.array(z.string());
const batchRows = 512;
const mostCellsOfLine = 2 ** 20;
const [lineFeed, carriageReturn] = [0x0a, 0x0d];

async function* tableRows(path: string, separator: string, onBytes?: BytesListener): AsyncGenerator<RawRow[]> {
  let row = 0;
  const faults: RawRow[] = [];
  const parser = parse({
    delimiter: separator,
    relax_column_count: true,
    // A TSV seldom means quotation marks as such, and then only whole cells.
    relax_quotes: separator === '\t',
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: largestRowBytes,
    // The row's number goes along as the first cell: records and faults are told apart before they are read. So does
    // the number of cells, of which no more are kept than are read.
    on_record: (cells: string[]) => [String(++row), String(cells.length), ...cells.slice(0, mostColumns)],
    on_skip: (error: unknown): undefined => {
      faults.push(faultyRow(++row, faultOf(error)));
      return undefined;
    },
  });
  const source = Readable.from(boundedLines(path, separator, onBytes));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let header: string[] | null = null;
  let rows: RawRow[] = [];
  try {
    for await (const record of parser) {
      const [number, count, ...cells] = recordSchema.parse(record);
      if (header === null) header = checkedHeader(path, cells, Number(count));
      else rows.push(rowOfCells(Number(number), header, cells, Number(count)));
      if (rows.length + faults.length >= batchRows) {
        yield [...rows, ...faults.splice(0)];
        rows = [];
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    faults.push(faultyRow(row + 1, faultOf(thrown)));
  } finally {
    source.destroy();
    parser.destroy();
  }
  if (rows.length + faults.length > 0) yield [...rows, ...faults];
}

/**
 * The bytes of the file. The parser holds all cells of a row, empty ones too, which its own bound on bytes does not
 * count.
 * @throws StudioError invalid_file if a line has implausibly many separators
 */
async function* boundedLines(path: string, separator: string, onBytes?: BytesListener): AsyncGenerator<Buffer> {
  let cells = 0;
  for await (const chunk of utf8Chunks(path, onBytes)) {
    const end = chunk.includes(lineFeed) ? lineFeed : carriageReturn;
    const first = chunk.indexOf(end);
    cells += countOf(first < 0 ? chunk : chunk.subarray(0, first), separator);
    if (cells > mostCellsOfLine)
      throw new StudioError(
        'invalid_file',
        `${path} has a line of more than ${mostCellsOfLine} cells; at most ${mostColumns} columns are read.`,
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
  if (count > mostColumns)
    throw new StudioError(
      'invalid_file',
      `${path} has ${count} columns; at most ${mostColumns} are read.`,
      'Leave out the columns that are not used.',
    );
  const names = cells.map((name, index) => name.trim() || `column ${index + 1}`);
  const garbled = names.find((name) => countGarbled(name) > 0);
  if (garbled !== undefined)
    throw new StudioError(
      'invalid_file',
      `${path} has a header that is no text in UTF-8: "${garbled.replaceAll(/\p{Cc}/gu, '\uFFFD').slice(0, 100)}".`,
      'If it is a table, save it in UTF-8; if it is another kind of file, export its rows as CSV.',
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

function rowOfCells(row: number, header: readonly string[], cells: readonly string[], count: number): RawRow {
  if (count !== header.length)
    return faultyRow(
      row,
      `expected ${header.length} columns, found ${count}; quote cells that contain the separator or a line break`,
    );
  return { row, cells: Object.fromEntries(header.map((name, index) => [name, cells[index]])), fault: null };
}

function faultOf(error: unknown): string {
  const code = error instanceof CsvError ? error.code : '';
  if (code === 'CSV_MAX_RECORD_SIZE') return tooLong;
  if (code === 'CSV_QUOTE_NOT_CLOSED')
    return 'opens a quotation mark that is never closed; close it, or double it where it is meant as such';
  return 'has a quotation mark inside a cell; put the whole cell in quotation marks and double those inside';
}
