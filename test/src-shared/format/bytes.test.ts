import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatBytes as inWindow } from '../../../src-renderer/components/format/format.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';

test('a size is in powers of 1024, with three figures', () => {
  expect([0, 1023, 1024, 31_200_000, 1_048_575_000, 5 * 2 ** 40].map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.00 KiB',
    '29.8 MiB',
    '1000 MiB',
    '5.00 TiB',
  ]);
});

test('window and command say the same of the same folder', () => {
  for (const bytes of [999, 31_200_000, 7 * 2 ** 30]) expect(inWindow(bytes)).toBe(formatBytes(bytes));
  const cli = 'src-main/cli';
  for (const file of readdirSync(cli, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')))
    expect(readFileSync(`${cli}/${file}`, 'utf8'), file).not.toMatch(/'[kMG]B'|\d [kMG]B\b/);
});
