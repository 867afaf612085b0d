import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openedArgument } from '../../src-main/shell/opened-arguments.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-opened-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'small.GGUF'), '');
writeFileSync(join(folder, 'program.js'), '');
mkdirSync(join(folder, 'folder.gguf'));

test('finds a link, and a file by its ending and a path from the folder of the command', () => {
  expect(openedArgument(['coto-studio', '--flag', 'coto://run/run-1'], '/')).toEqual({
    kind: 'link',
    route: '/runs/run-1',
  });
  const path = join(folder, 'small.GGUF');
  expect(openedArgument(['coto-studio', 'small.GGUF'], folder)).toEqual({ kind: 'file', path });
  expect(openedArgument(['electron', folder, path], '/')).toEqual({ kind: 'file', path });
});

test('opens no program, folder, missing file or unknown link', () => {
  for (const text of ['program.js', 'folder.gguf', 'missing.gguf', 'coto://settings/x', '--route=/runs'])
    expect(openedArgument(['coto-studio', text], folder), text).toBeNull();
  expect(openedArgument([join(folder, 'small.GGUF')], folder)).toBeNull();
});
