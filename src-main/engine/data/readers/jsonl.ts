import { encodingParameter } from '../text/encoding.ts';
import { faultyRow, largestRowBytes, type RawRow, type RowReading, tooLong } from '../text/raw-row.ts';
import { textReader } from '../text/text-reader.ts';
import { encodingNotes, rowOfJson, utf8Chunks } from '../text/utf8-chunks.ts';

const lineFeed = 0x0a;

export const jsonlReader = textReader(
  {
    id: 'jsonl',
    label: 'JSON Lines',
    summary:
      'A file with one JSON object a line: plain rows, alpaca (instruction, input, output), sharegpt (conversations) or messages (role, content). A row is known by the number of its line.',
  },
  { extensions: ['jsonl', 'ndjson'], parameters: [encodingParameter], rows: jsonLines, notes: encodingNotes },
);

/** One row per line; empty lines are counted but are not rows. */
export async function* jsonLines(path: string, reading: RowReading): AsyncGenerator<RawRow[]> {
  let line = 1;
  let rest: Buffer[] = [];
  let restBytes = 0;
  let skipping = false;
  for await (const chunk of utf8Chunks(path, reading)) {
    const rows: RawRow[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      const tail = chunk.subarray(start, end);
      if (!skipping) addLine(rows, line, restBytes === 0 ? tail : Buffer.concat([...rest, tail]));
      skipping = false;
      rest = [];
      restBytes = 0;
      line++;
      start = end + 1;
    }
    if (!skipping) {
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes > largestRowBytes) {
        rows.push(faultyRow(line, tooLong));
        skipping = true;
        rest = [];
        restBytes = 0;
      }
    }
    if (rows.length > 0) yield rows;
  }
  const rows: RawRow[] = [];
  if (!skipping) addLine(rows, line, Buffer.concat(rest));
  if (rows.length > 0) yield rows;
}

function addLine(rows: RawRow[], line: number, bytes: Buffer): void {
  const isEmpty = bytes.length < 1024 && bytes.toString('latin1').trim() === '';
  if (!isEmpty) rows.push(rowOfJson(line, bytes));
}
