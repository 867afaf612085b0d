import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokenOfFile } from '../../../src-main/serve/http/token.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-token-'));
  path = join(folder, 'token');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('makes one token for all that ask at once, for its owner alone', async () => {
  const tokens = await Promise.all(Array.from({ length: 8 }, () => tokenOfFile(path)));
  expect(new Set(tokens)).toEqual(new Set([readFileSync(path, 'utf8').trim()]));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['token']);
});

test('leaves no empty file where it is killed as it writes', async () => {
  const source = new URL('../../../src-main/serve/http/token.ts', import.meta.url).href;
  // Ends where a kill would, at the first bytes of a file.
  const killed = `
    import { open } from 'node:fs/promises';
    const file = await open(${JSON.stringify(join(folder, 'any'))}, 'w');
    Object.getPrototypeOf(file).writeFile = () => process.kill(process.pid, 'SIGKILL');
    const { tokenOfFile } = await import(${JSON.stringify(source)});
    await tokenOfFile(${JSON.stringify(path)});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', killed], { stdio: 'inherit' });
  expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
  expect(await tokenOfFile(path)).toMatch(/^coto-/);
});

test.skipIf(process.platform === 'win32')('refuses a file that others may read or change', async () => {
  writeFileSync(path, 'a-token-of-sixteen-or-more\n', { mode: 0o600 });
  expect(await tokenOfFile(path)).toBe('a-token-of-sixteen-or-more');
  for (const mode of [0o640, 0o604, 0o602]) {
    chmodSync(path, mode);
    await expect(tokenOfFile(path)).rejects.toMatchObject({
      code: 'invalid_file',
      hint: expect.stringContaining(`chmod 600 ${path}`),
    });
  }
});
