import fs, { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPackageWithOptions } from '@electron/asar';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changedUnpackedFile } from '../../src-main/shell/unpacked-files.ts';

let folder: string;
let archive: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coto-unpacked-'));
  const source = join(folder, 'source');
  for (const name of ['dist/backend', 'dist/shell', 'node_modules/sharp'])
    mkdirSync(join(source, name), { recursive: true });
  writeFileSync(join(source, 'dist/shell/main.cjs'), 'shell');
  writeFileSync(join(source, 'dist/backend/backend.mjs'), 'x'.repeat(3_000_000));
  writeFileSync(join(source, 'node_modules/sharp/sharp.node'), 'native');
  writeFileSync(join(source, 'node_modules/sharp/notes.txt'), 'notes');
  archive = join(folder, 'app.asar');
  await createPackageWithOptions(source, archive, { unpackDir: '{dist/backend,node_modules}' });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const unpacked = (name: string): string => join(`${archive}.unpacked`, name);

test('files beside the archive match its header', async () => {
  expect(await changedUnpackedFile(archive, fs)).toBeNull();
  writeFileSync(unpacked('node_modules/sharp/notes.txt'), 'no program');
  expect(await changedUnpackedFile(archive, fs)).toBeNull();
});

test.each([
  ['changed', 'node_modules/sharp/sharp.node', () => writeFileSync(unpacked('node_modules/sharp/sharp.node'), 'evil')],
  [
    'of one other byte',
    'dist/backend/backend.mjs',
    () => writeFileSync(unpacked('dist/backend/backend.mjs'), `${'x'.repeat(2_999_999)}y`),
  ],
  [
    'put there',
    'dist/backend/node_modules/sharp/index.js',
    () => {
      mkdirSync(unpacked('dist/backend/node_modules/sharp'), { recursive: true });
      writeFileSync(unpacked('dist/backend/node_modules/sharp/index.js'), 'evil');
    },
  ],
  ['missing', 'dist/backend/backend.mjs', () => rmSync(unpacked('dist/backend/backend.mjs'))],
])('a file that is %s is found', async (_how, name, spoil) => {
  spoil();
  expect(await changedUnpackedFile(archive, fs)).toBe(name);
});
