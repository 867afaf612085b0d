import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'coto-electron-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const callable = (value: unknown): boolean => typeof value === 'function';
const { isLockedElectron } = z
  .object({ isLockedElectron: z.custom<(binary: string) => boolean>(callable) })
  .parse({ ...(await import(pathToFileURL(join(root, 'scripts/bootstrap/electron.mjs')).href)) });
const { version: locked } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8')));

/**
 * Creates the parts of an Electron that the scripts read: its program, and its version beside it. It is never started.
 */
function electron(version: string): string {
  const binary = join(folder, version, 'electron');
  mkdirSync(join(folder, version));
  writeFileSync(join(folder, version, 'version'), version);
  writeFileSync(binary, '');
  return binary;
}
const fallback = electron('33.2.1');

test('only the Electron of the lock file is one for a release', () => {
  expect(isLockedElectron(electron(locked))).toBe(true);
  expect(isLockedElectron(fallback)).toBe(false);
});

test('a release with the Electron that tests fall back to is refused before anything is made', () => {
  const configFile = join(root, 'dist', 'electron-builder.json');
  const before = existsSync(configFile) ? readFileSync(configFile, 'utf8') : null;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/tasks/dist.mjs', '--release'], {
    cwd: root,
    env: { ...process.env, COTO_ELECTRON: fallback },
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain(`Electron 33.2.1 is the fallback for tests`);
  expect(stderr).toContain(`A release needs Electron ${locked}`);
  expect(existsSync(configFile) ? readFileSync(configFile, 'utf8') : null).toBe(before);
});
