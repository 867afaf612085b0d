import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';

interface Item {
  name: string;
  start: number;
  end: number;
}
const callable = (value: unknown): boolean => typeof value === 'function';
const file = join(import.meta.dirname, '../../scripts/package/trim-locales.mjs');
const { itemsOf, trimLocales } = z
  .object({
    itemsOf: z.custom<(bytes: Buffer) => Item[]>(callable),
    trimLocales: z.custom<(bytes: Buffer, options: { keepsTables: boolean }) => number>(callable),
  })
  .parse({ ...(await import(pathToFileURL(file).href)) });

test('a Node loses the words of other languages and old encodings, and nothing else', () => {
  const before = readFileSync(process.execPath);
  const items = itemsOf(before);
  expect(items.length).toBeGreaterThan(1000);
  const after = Buffer.from(before);
  const cleared = trimLocales(after, { keepsTables: false });
  const isCleared = ({ start, end }: Item) => !after.subarray(start, end).some((byte) => byte !== 0);
  const lost = new Set(items.filter(isCleared).map(({ name }) => name));
  for (const name of ['de.res', 'zone/fr_CA.res', 'coll/zh.res', 'ibm-943_P15A-2003.cnv', 'brkitr/thaidict.dict'])
    expect(lost, name).toContain(name);
  for (const name of [
    ...['root.res', 'en.res', 'en_GB.res', 'en_001.res', 'res_index.res', 'zone/en.res', 'unit/root.res', 'pool.res'],
    ...[
      'nfkc.nrm',
      'uts46.nrm',
      'brkitr/char.brk',
      'coll/root.res',
      'coll/ucadata.icu',
      'zoneinfo64.res',
      'plurals.res',
    ],
  ]) {
    expect(items.map((item) => item.name)).toContain(name);
    expect(lost, name).not.toContain(name);
  }
  // Outside of those items no byte is another one.
  let changed = 0;
  for (const item of items.filter(({ name }) => lost.has(name))) {
    changed += item.end - item.start;
    before.fill(0, item.start, item.end);
  }
  expect(changed).toBe(cleared);
  expect(before.equals(after)).toBe(true);
});

test('changes nothing in files without ICU data', () => {
  const bytes = Buffer.from('CmnD is here, behind no header, and CmnD again');
  expect(trimLocales(bytes, { keepsTables: false })).toBe(0);
  expect(bytes.toString()).toContain('CmnD again');
});
