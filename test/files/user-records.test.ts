import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  appDataFolder,
  readUserRecord,
  removeUserRecord,
  userRecordsFolder,
  writeUserRecord,
} from '../../src-main/files/user-records.ts';

const id = '0123456789abcdef0123456789abcdef';
const schema = z.object({ path: z.string() });
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-records-'));
  vi.stubEnv('COTO_STUDIO_CONFIG', join(folder, 'config'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('the folder is COTO_STUDIO_CONFIG, else one beside the default home', () => {
  expect(userRecordsFolder()).toBe(join(folder, 'config'));
  const environment = { XDG_CONFIG_HOME: '/c', APPDATA: '/c' };
  expect(userRecordsFolder(environment)).toBe(join(appDataFolder(environment), 'coto-studio'));
  expect(appDataFolder({}).startsWith(homedir())).toBe(true);
});

test('a record is written, replaced, read and removed', () => {
  expect(readUserRecord('homes', id, schema)).toBeNull();
  for (const path of ['/one', '/two']) {
    expect(writeUserRecord('homes', id, { path })).toBe(true);
    expect(readUserRecord('homes', id, schema)).toEqual({ path });
  }
  const file = join(folder, 'config', 'homes', `${id}.json`);
  expect(readdirSync(join(folder, 'config', 'homes'))).toEqual([`${id}.json`]);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readUserRecord('moves', id, schema)).toBeNull();
  writeFileSync(file, '{"path":');
  expect(readUserRecord('homes', id, schema)).toBeNull();
  removeUserRecord('homes', id);
  expect(readdirSync(join(folder, 'config', 'homes'))).toEqual([]);
});

test('an id that is not hexadecimal names no file', () => {
  mkdirSync(join(folder, 'config', 'homes'), { recursive: true });
  writeFileSync(join(folder, 'victim.json'), '{"path":"/v"}');
  for (const bad of ['../../victim', '', 'short', `${id}/../${id}`, join(folder, 'victim')]) {
    expect(readUserRecord('homes', bad, schema)).toBeNull();
    expect(writeUserRecord('homes', bad, { path: '/x' })).toBe(false);
    removeUserRecord('homes', bad);
  }
  expect(readFileSync(join(folder, 'victim.json'), 'utf8')).toBe('{"path":"/v"}');
});

test('a folder that cannot be made is no error', () => {
  writeFileSync(join(folder, 'config'), 'a file');
  expect(writeUserRecord('homes', id, { path: '/x' })).toBe(false);
  expect(readUserRecord('homes', id, schema)).toBeNull();
  removeUserRecord('homes', id);
});
