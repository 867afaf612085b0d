import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const versioned = z.object({ version: z.string() });
const { version } = versioned.parse(JSON.parse(read('package.json')));
const sections = read('CHANGELOG.md')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ title: text.split('\n')[0] ?? '', lines: text.split('\n').slice(1) }));

test('the version is the same in every file that states it', () => {
  expect(versioned.parse(JSON.parse(read('package-lock.json'))).version).toBe(version);
  expect(/^version: (.+)$/m.exec(read('CITATION.cff'))?.[1]).toBe(version);
  const released = sections.find(({ title }) => title !== 'Unreleased');
  expect(released?.title.split(' – ')[0]).toBe(version);
});

test('the changelog has at most 40 entries a version, of one line and at most 200 characters each', () => {
  for (const { title, lines } of sections) {
    const entries = lines.filter((line) => line.startsWith('- '));
    expect(entries.length, title).toBeLessThanOrEqual(40);
    const others = lines.filter((line) => line !== '' && !line.startsWith('- ') && !line.startsWith('### '));
    expect(title === '0.1.0' ? [] : others, title).toEqual([]);
    expect(entries.filter((line) => line.length > 200)).toEqual([]);
  }
});
