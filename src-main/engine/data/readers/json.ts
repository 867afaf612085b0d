import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameter.ts';
import { encodingParameter } from '../text/encoding.ts';
import { faultyRow, largestRowBytes, type RawRow, type RowReading, rowOfValue, tooLong } from '../text/raw-row.ts';
import { textReader } from '../text/text-reader.ts';
import { beginningOf, encodingNotes, rowOfJson, utf8Chunks } from '../text/utf8-chunks.ts';
import { rowsAtParameter, rowsOfDocument } from './json-document.ts';
import { jsonLines } from './jsonl.ts';

export const jsonReader = textReader(
  {
    id: 'json',
    label: 'JSON',
    summary:
      'A file with a list of JSON objects, with one object a line, or with one object that has the list or is a table of pandas: plain rows, alpaca, sharegpt or messages. A row is known by its place in the list, from 1.',
  },
  { extensions: ['json'], parameters: [rowsAtParameter, encodingParameter], rows: jsonRows, notes: encodingNotes },
);

async function* jsonRows(path: string, reading: RowReading): AsyncGenerator<RawRow[]> {
  const first = await firstByte(path, reading.options);
  if (first === character('[')) yield* listElements(path, reading);
  else if (first === character('{'))
    yield* (await isOneObject(path, reading.options)) ? documentRows(path, reading) : jsonLines(path, reading);
  else
    throw new StudioError(
      'invalid_file',
      `${path} does not contain a list of rows.`,
      'Write it as [{…}, {…}], or one {…} a line.',
    );
}

/** Whether the file is one object over several lines, or in one line alone. */
async function isOneObject(path: string, options: ParameterValues): Promise<boolean> {
  const text = (await beginningOf(path, options)).trimStart();
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  try {
    JSON.parse(line);
  } catch {
    // A row that is longer than what was read is a line of JSON Lines, or else the whole.
    return end >= 0 || text.length < largestRowBytes / 64;
  }
  return end < 0 || text.slice(end).trim() === '';
}

/** Documents are parsed as a whole. */
const largestDocument = 256 * 2 ** 20;

async function* documentRows(path: string, reading: RowReading): AsyncGenerator<RawRow[]> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of utf8Chunks(path, reading)) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes > largestDocument)
      throw new StudioError(
        'invalid_file',
        `${path} is one object of more than ${largestDocument / 2 ** 20} MB.`,
        'Write it as a list of rows, or as one row a line.',
      );
  }
  const { cells, fault } = rowOfJson(1, Buffer.concat(parts));
  // A list of objects one after the other, over several lines each, is no JSON as a whole.
  if (fault !== null) return yield* jsonLines(path, reading);
  const rows = rowsOfDocument(path, cells, String(reading.options['rows_at'] ?? ''));
  for (let start = 0; start < rows.length; start += batchRows)
    yield rows.slice(start, start + batchRows).map((row, index) => rowOfValue(start + index + 1, row));
}

const batchRows = 512;

async function firstByte(path: string, options: ParameterValues): Promise<number | undefined> {
  for await (const chunk of utf8Chunks(path, { options })) {
    const found = chunk.find((byte) => !isSpace(byte));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Cuts the outermost list into its elements by counting brackets outside of strings; JSON.parse then judges each. */
async function* listElements(path: string, reading: RowReading): AsyncGenerator<RawRow[]> {
  const cutter = new ElementCutter();
  for await (const chunk of utf8Chunks(path, reading)) {
    const rows = cutter.take(chunk);
    if (rows.length > 0) yield rows;
  }
  const rows = cutter.end();
  if (rows.length > 0) yield rows;
}

class ElementCutter {
  private row = 1;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private ended = false;
  private tooLong = false;
  private parts: Buffer[] = [];
  private partBytes = 0;

  /** The elements that end in this chunk of the file. */
  take(chunk: Buffer): RawRow[] {
    const rows: RawRow[] = [];
    let start = 0;
    for (let index = 0; index < chunk.length && !this.ended; index++) {
      const byte = chunk[index];
      if (this.escaped) this.escaped = false;
      else if (this.inString) {
        if (byte === character('\\')) this.escaped = true;
        else if (byte === character('"')) this.inString = false;
      } else if (byte === character('"')) this.inString = true;
      else if (byte === character('[') || byte === character('{')) {
        if (++this.depth === 1) start = index + 1;
      } else if (byte === character(']') || byte === character('}')) {
        if (--this.depth === 0) {
          this.keep(chunk.subarray(start, index), rows);
          this.finish(rows, false);
          this.ended = true;
        }
      } else if (byte === character(',') && this.depth === 1) {
        this.keep(chunk.subarray(start, index), rows);
        this.finish(rows, true);
        start = index + 1;
      }
    }
    if (!this.ended && this.depth > 0) this.keep(chunk.subarray(start), rows);
    return rows;
  }

  /** Problem to report if the file ends before its list does. */
  end(): RawRow[] {
    return this.ended ? [] : [faultyRow(this.row, 'is truncated: the file ends before its list does; copy it again')];
  }

  private keep(part: Buffer, rows: RawRow[]): void {
    if (this.tooLong) return;
    this.parts.push(part);
    this.partBytes += part.length;
    if (this.partBytes <= largestRowBytes) return;
    rows.push(faultyRow(this.row, tooLong));
    this.tooLong = true;
    this.parts = [];
  }

  /** `more`: a comma follows, so that an empty element is a fault; an empty list is not. */
  private finish(rows: RawRow[], more: boolean): void {
    const bytes = Buffer.concat(this.parts);
    if (!this.tooLong && (more || bytes.some((byte) => !isSpace(byte)))) rows.push(rowOfJson(this.row, bytes));
    this.row++;
    this.tooLong = false;
    this.parts = [];
    this.partBytes = 0;
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function character(text: string): number {
  return text.charCodeAt(0);
}
