import { encodingParameter } from '../text/encoding.ts';
import { fileLines } from '../text/file-lines.ts';
import { faultyRow, type RawRow, type RowReading, tooLong } from '../text/raw-row.ts';
import { textReader } from '../text/text-reader.ts';
import { packable } from '../text/unpacked.ts';
import { encodingNotes, rowOfJson } from '../text/utf8-chunks.ts';

export const jsonlReader = textReader(
  {
    id: 'jsonl',
    label: 'JSON Lines',
    summary:
      'A file with one JSON object a line: plain rows, alpaca (instruction, input, output), sharegpt (conversations) or messages (role, content). A row is known by the number of its line.',
  },
  { extensions: packable('jsonl', 'ndjson'), parameters: [encodingParameter], rows: jsonLines, notes: encodingNotes },
);

/** One row per line; empty lines are counted but are not rows. */
export async function* jsonLines(path: string, reading: RowReading): AsyncGenerator<RawRow[]> {
  for await (const lines of fileLines(path, reading)) {
    const rows: RawRow[] = [];
    for (const { line, bytes } of lines) {
      if (bytes === null) rows.push(faultyRow(line, tooLong));
      else addLine(rows, line, bytes);
    }
    if (rows.length > 0) yield rows;
  }
}

function addLine(rows: RawRow[], line: number, bytes: Buffer): void {
  const isEmpty = bytes.length < 1024 && bytes.toString('latin1').trim() === '';
  if (!isEmpty) rows.push(rowOfJson(line, bytes));
}
