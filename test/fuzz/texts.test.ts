import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openDataset } from '../../src-main/engine/data/open-dataset.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { mutateBytes, mutateJson, seededNumbers } from './mutations.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-texts-'));
afterAll(() => rmSync(home, { recursive: true }));
/** COTO_FUZZ_CASES=10000 is what the readers are held to; it takes minutes. */
const cases = Number(process.env['COTO_FUZZ_CASES'] ?? 1000);

const rows = Array.from({ length: 6 }, (_, index) => ({
  text: `Row ${index} says "ünï", twice`,
  label: index % 2 === 0 ? 'even' : 'odd',
  messages: [{ role: 'user', content: `Hi ${index}` }],
}));
const cells = (separator: string): string =>
  `text${separator}label\n${rows.map(({ text, label }) => `"${text.replaceAll('"', '""')}"${separator}${label}`).join('\n')}\n`;
const seeds: Record<string, (values: unknown) => string> = {
  jsonl: (values) => (Array.isArray(values) ? values : [values]).map((value) => JSON.stringify(value)).join('\n'),
  json: (values) => JSON.stringify(values) ?? '',
  csv: () => cells(','),
  tsv: () => cells('\t'),
};
const encodings = ['utf8', 'utf8', 'utf8', 'latin1', 'utf16le'] as const;

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
  '%s: a spoiled file is read, or refused with one clear sentence',
  async (reader, write) => {
    const random = seededNumbers(7);
    const path = join(home, `case.${reader}`);
    let refused = 0;
    for (let index = 0; index < cases; index++) {
      const values = random() < 0.5 ? mutateJson(rows, random) : rows;
      const whole = Buffer.from(write(values), encodings[Math.floor(random() * encodings.length)]);
      writeFileSync(path, random() < 0.8 ? mutateBytes(whole, random) : whole);
      const thrown = await readAll(reader, path);
      if (thrown === null) continue;
      refused++;
      expect(thrown, `case ${index}`).toBeInstanceOf(StudioError);
      expect(thrown, `case ${index}`).toMatchObject({ message: expect.stringContaining(path) });
    }
    expect(refused).toBeGreaterThan(cases / 50);
    expect(refused).toBeLessThan(cases);
  },
  600_000,
);
