import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readWindowState } from '../../src-main/shell/window-state.ts';

const screens = [
  { x: 0, y: 0, width: 1920, height: 1080 },
  { x: 1920, y: 0, width: 1280, height: 1024 },
];
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-window-'));
  file = join(folder, 'window.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keep = (x: number, y: number): void =>
  writeFileSync(file, JSON.stringify({ bounds: { x, y, width: 1400, height: 900 }, maximized: true }));

test('a place on either screen is taken up again', () => {
  keep(2000, 50);
  expect(readWindowState(file, screens)).toEqual({
    bounds: { x: 2000, y: 50, width: 1400, height: 900 },
    maximized: true,
  });
});

test.each([
  ['right of all screens', 3300, 0],
  ['left of all screens', -1390, 0],
  ['with its title below the bottom', 100, 1070],
  ['with its title above the top', 100, -200],
])('a window %s would be lost: the place is forgotten', (_where, x, y) => {
  keep(x, y);
  expect(readWindowState(file, screens)).toBeNull();
});

test('no file, no JSON, or another shape is a first start', () => {
  expect(readWindowState(file, screens)).toBeNull();
  for (const text of ['', '{', '[]', '{"bounds":{"x":"0"}}']) {
    writeFileSync(file, text);
    expect(readWindowState(file, screens)).toBeNull();
  }
});
