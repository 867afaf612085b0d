import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tryAddon } from '../../../src-main/engine/compute/native/try-addon.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-addon-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const built = join(import.meta.dirname, '..', '..', '..', 'dist', 'native', 'coto-native.node');
const hasCompiler = process.platform === 'linux' && spawnSync('g++', ['--version']).status === 0;

test('a file that is no addon is told of in its loader’s words', () => {
  const file = join(folder, 'text.node');
  writeFileSync(file, 'no library');
  expect(tryAddon(file, process.execPath)).toMatch(/Error: .*text\.node/);
});

test.skipIf(!hasCompiler)('an addon that ends its process ends no other', () => {
  const file = join(folder, 'aborting.node');
  const source = join(folder, 'aborting.cc');
  writeFileSync(source, '#include <cstdlib>\n__attribute__((constructor)) static void stop() { abort(); }\n');
  expect(spawnSync('g++', ['-shared', '-fPIC', '-o', file, source]).status).toBe(0);
  expect(tryAddon(file, process.execPath)).toBe('it ends the process that loads it (SIGABRT)');
});

test.skipIf(!existsSync(built))('the addon of this machine loads', () => {
  expect(tryAddon(built, process.execPath)).toBeNull();
});
