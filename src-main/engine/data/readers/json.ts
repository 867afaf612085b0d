import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { encodingParameter } from '../text/encoding.ts';
import { largestRowBytes, type RawRow, type RowReading, rowOfValue } from '../text/raw-row.ts';
import { textReader } from '../text/text-reader.ts';
import { packable } from '../text/unpacked.ts';
import { beginningOf, encodingNotes, rowOfJson, utf8Chunks } from '../text/utf8-chunks.ts';
import { rowsAtParameter, rowsOfDocument } from './json-document.ts';
import { ElementCutter, isSpace } from './json-elements.ts';
import { jsonLines } from './jsonl.ts';
import { beginsSquad } from './squad-document.ts';

export const jsonReader = textReader(
  {
    id: 'json',
    label: 'JSON',
    summary:
      'A file with a list of JSON objects, with one object a line, or with one object that has the list or is a table of pandas: plain rows, alpaca, sharegpt, messages or SQuAD. A row is known by its place in the list, from 1.',
  },
  {
    extensions: packable('json'),
    parameters: [rowsAtParameter, encodingParameter],
    rows: jsonRows,
    notes: encodingNotes,
  },
);

async function* jsonRows(path: string, reading: RowReading): AsyncGenerator<RawRow[]> {
  const first = await firstByte(path, reading.options);
  if (first === '['.charCodeAt(0)) yield* elements(path, reading, 'list');
  else if (first === '{'.charCodeAt(0)) {
    const text = (await beginningOf(path, reading.options)).trimStart();
    yield* isOneObject(text) ? documentRows(path, reading, text) : jsonLines(path, reading);
  } else
    throw new StudioError(
      'invalid_file',
      `${path} does not contain a list of rows.`,
      'Write it as [{…}, {…}], or one {…} a line.',
    );
}

/** Returns true if the file is a single object, over several lines or in one line. */
function isOneObject(text: string): boolean {
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  try {
    JSON.parse(line);
  } catch {
    // A row that is longer than what was read is a line of JSON Lines, or else the whole.
    return end >= 0 || text.length < largestRowBytes / 64 || beginsSquad(text);
  }
  return end < 0 || text.slice(end).trim() === '';
}

/** Documents are parsed as a whole. */
const largestDocument = 256 * 2 ** 20;

async function* documentRows(path: string, reading: RowReading, text: string): AsyncGenerator<RawRow[]> {
  const areLines = text.split('\n', 1)[0]?.trimEnd().endsWith('}') === true;
  // Files with a second object are never loaded as a whole.
  if (!areLines && new ElementCutter('sequence').take(Buffer.from(text)).length > 1)
    return yield* elements(path, reading, 'sequence');
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
  if (fault !== null) {
    // Its bytes are told already.
    const again = { options: reading.options };
    return yield* areLines ? jsonLines(path, again) : elements(path, again, 'sequence');
  }
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

/** The elements of the outermost list, or objects one after the other, over several lines each. */
async function* elements(path: string, reading: RowReading, form: 'list' | 'sequence'): AsyncGenerator<RawRow[]> {
  const cutter = new ElementCutter(form);
  for await (const chunk of utf8Chunks(path, reading)) {
    const rows = cutter.take(chunk);
    if (rows.length > 0) yield rows;
  }
  const rows = cutter.end();
  if (rows.length > 0) yield rows;
}
