import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog as log } from '../../src-main/logging/log.ts';
import { KeyStore } from '../../src-main/shell/key-store.ts';

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'coto-keys-')), 'keys.txt');
});
afterEach(() => rmSync(dirname(file), { recursive: true, force: true }));

test('the key file is kept, read again after an edit, and reported once when it changes', () => {
  const told: string[] = [];
  const options = { file, log, onChange: (text: string) => told.push(text) };
  const store = new KeyStore(options);
  expect([...store.keys]).toEqual([]);
  store.write('new-run: F4\n');
  expect(readFileSync(file, 'utf8')).toBe('new-run: F4\n');
  expect([...new KeyStore(options).keys]).toEqual([['new-run', 'F4']]);
  writeFileSync(file, 'new-run: F5\n');
  expect(store.read()).toBe('new-run: F5\n');
  expect(store.read()).toBe('new-run: F5\n');
  expect([...store.keys]).toEqual([['new-run', 'F5']]);
  expect(told).toEqual(['new-run: F4\n', 'new-run: F5\n']);
});

test('a key file of more than 64 KiB is neither written nor read', () => {
  const store = new KeyStore({ file, log, onChange: () => undefined });
  expect(() => store.write('#'.repeat(65 * 1024))).toThrow(`${file} would be larger than 64 KiB`);
  writeFileSync(file, `new-run: F4\n${'#'.repeat(65 * 1024)}`);
  expect(store.read()).toBe('');
});
