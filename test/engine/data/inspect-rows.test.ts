import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jsonLines } from '../../../src-main/engine/data/readers/jsonl.ts';
import { textReader } from '../../../src-main/engine/data/text/text-reader.ts';
import { rowQuerySchema } from '../../../src-shared/domain/data/edited-rows.ts';
import { temporaryFolder } from './make-data.ts';

const folder = temporaryFolder();
let rowsRead = 0;

/** JSON Lines that count their rows. */
const reader = textReader(
  { id: 'counted', label: 'Counted rows', summary: 'JSON Lines whose rows are counted.' },
  {
    extensions: ['jsonl'],
    async *rows(path, reading) {
      for await (const rows of jsonLines(path, reading)) {
        rowsRead += rows.length;
        yield rows;
      }
    },
  },
);

it('an example of a listed file reads the rows up to its own, and all again once the file has changed', async () => {
  const path = join(folder, 'rows.jsonl');
  const line = (row: number) =>
    `${JSON.stringify({ text: `This is text ${row}.`, label: row % 2 === 0 ? 'a' : 'b' })}\n`;
  writeFileSync(path, Array.from({ length: 12_000 }, (_, row) => line(row)).join(''));
  const options = { split_by: 'stratified', test_fraction: 0.2 };
  await reader.rows?.(path, options, rowQuerySchema.parse({}));
  const text = async (where: string) => (await reader.example?.(path, options, where))?.text;
  rowsRead = 0;
  expect(await text('row 3')).toBe('This is text 2.');
  expect(rowsRead).toBeLessThan(12_000);
  appendFileSync(path, line(12_000));
  rowsRead = 0;
  expect(await text('row 12001')).toBe('This is text 12000.');
  expect(rowsRead).toBeGreaterThan(12_000);
});
