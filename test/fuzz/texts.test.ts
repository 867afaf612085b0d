import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openDataset } from '../../src-main/engine/data/open-dataset.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { fuzzCases } from './cases.ts';
import { mutateBytes, mutateJson, seededNumbers } from './mutations.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-texts-'));
afterAll(() => rmSync(home, { recursive: true }));

const rows = Array.from({ length: 6 }, (_, index) => ({
  text: `Row ${index} says "ünï", twice`,
  label: index % 2 === 0 ? 'even' : 'odd',
  messages: [
    { role: 'user', content: `Hi ${index}` },
    { role: 'assistant', content: `Hello ${index}` },
  ],
}));
/** Now and then with a line of far too many cells: the header, or a row. */
function table(separator: string, random: () => number): string {
  const lines = rows.map(({ text, label }) => `"${text.replaceAll('"', '""')}"${separator}${label}`);
  lines.unshift(`text${separator}label`);
  if (random() < 0.02) lines[Math.floor(random() * lines.length)] = `x${separator}`.repeat(5000);
  return `${lines.join(random() < 0.2 ? '\r\n' : '\n')}\n`;
}
const seeds: Record<string, (values: unknown, random: () => number) => string> = {
  jsonl: (values) => (Array.isArray(values) ? values : [values]).map((value) => JSON.stringify(value)).join('\n'),
  json: (values) => JSON.stringify(values) ?? '',
  csv: (_, random) => table(random() < 0.7 ? ',' : ';', random),
  tsv: (_, random) => table('\t', random),
};
const mark = '\uFEFF';
const encodings: readonly ((text: string, random: () => number) => Buffer)[] = [
  (text) => Buffer.from(text),
  (text) => Buffer.from(text),
  (text) => Buffer.from(mark + text),
  (text) => Buffer.from(text, 'latin1'),
  (text) => Buffer.from(text, 'utf16le'),
  (text) => Buffer.from(mark + text, 'utf16le'),
  (text) => Buffer.from(mark + text, 'utf16le').swap16(),
  // No UTF-8: one byte in twenty has its upper bit set.
  (text, random) => Buffer.from(Buffer.from(text).map((byte) => (random() < 0.05 ? byte | 0x80 : byte))),
];

/** Describes the file and reads an example of it. Returns what was thrown. */
async function readAll(reader: string, path: string): Promise<unknown> {
  try {
    const opened = await openDataset({ reader, path, options: {} });
    if (opened.kind !== 'texts') return null;
    const { splits, problems, text } = await opened.describe();
    expect(splits.reduce((sum, split) => sum + split.exampleCount, 0) + (text?.faultyRows ?? 0)).toBeLessThanOrEqual(
      text?.rowCount ?? 0,
    );
    expect(problems.length).toBeLessThanOrEqual(4200);
    for await (const example of opened.examples('train')) expect(example.split).toBe('train');
    return null;
  } catch (thrown) {
    return thrown;
  }
}

test.each(Object.entries(seeds))(
  '%s: a corrupt file is read, or refused with one clear sentence',
  async (reader, write) => {
    const random = seededNumbers(7);
    const path = join(home, `case.${reader}`);
    let refused = 0;
    for (let index = 0; index < fuzzCases; index++) {
      const values = random() < 0.5 ? mutateJson(rows, random) : rows;
      const encode = encodings[Math.floor(random() * encodings.length)] ?? Buffer.from;
      const whole = Buffer.from(encode(write(values, random), random));
      writeFileSync(path, random() < 0.8 ? mutateBytes(whole, random) : whole);
      const thrown = await readAll(reader, path);
      if (thrown === null) continue;
      refused++;
      expect(thrown, `case ${index}`).toBeInstanceOf(StudioError);
      expect(thrown, `case ${index}`).toMatchObject({ message: expect.stringContaining(path) });
    }
    expect(refused).toBeGreaterThan(fuzzCases / 50);
    expect(refused).toBeLessThan(fuzzCases);
  },
  600_000,
);
