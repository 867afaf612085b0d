import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const megabyte = 2 ** 20;
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 16 * megabyte })
  .split('\0')
  .filter((file) => file !== '' && statSync(join(root, file), { throwIfNoEntry: false })?.isFile());

/** Written by scripts, to be read by none. */
const generated = /(-binary|\.generated)\.ts$/;

test('a clone stays small', () => {
  const sizes = tracked.map((file) => ({ file, bytes: statSync(join(root, file)).size }));
  expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(80 * megabyte);
  expect(sizes.filter(({ bytes }) => bytes > 8 * megabyte)).toEqual([]);
});

test('a source file is read in one sitting', () => {
  const long = tracked
    .filter((file) => /^(src-|bench\/|scripts\/).*\.(ts|tsx|mjs)$/.test(file) && !generated.test(file))
    .filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 420);
  expect(long).toEqual([]);
});

test('a method is a page', () => {
  const variants = tracked.filter((file) =>
    /^src-main\/engine\/(adapters\/variants|merge|prune|studies)\/[^/]+\.ts$/.test(file),
  );
  const long = variants.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 300);
  expect(variants.length).toBeGreaterThan(10);
  expect(long).toEqual([]);
});
