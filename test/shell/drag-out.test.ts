import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DraggedFiles } from '../../src-main/shell/drag-out.ts';

let home: string;
let dragged: DraggedFiles;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'coto-drag-home-'));
  dragged = new DraggedFiles(home);
});
afterEach(() => {
  dragged.clear();
  rmSync(home, { recursive: true, force: true });
});

test('a dragged figure or table is a temporary file of its name, and is removed with the rest', async () => {
  const png = Buffer.from([137, 80, 78, 71]);
  const content = `data:image/png;base64,${png.toString('base64')}`;
  const figure = await dragged.write({ kind: 'file', name: 'loss.png', content });
  expect(basename(figure)).toBe('loss.png');
  expect(readFileSync(figure)).toEqual(png);
  const pdf = await dragged.write({ kind: 'file', name: 'loss.pdf', content: 'data:application/pdf;base64,JVBERg==' });
  expect(readFileSync(pdf, 'utf8')).toBe('%PDF');
  const table = await dragged.write({ kind: 'file', name: '../../scores.csv', content: 'a,b\n' });
  expect(dirname(dirname(table))).toBe(dirname(dirname(figure)));
  expect(readFileSync(table, 'utf8')).toBe('a,b\n');
  dragged.clear();
  expect([figure, table].filter(existsSync)).toEqual([]);
});

test('a dragged adapter is a copy of its folder', async () => {
  const folder = join(home, 'adapters', 'a1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'adapter_config.json'), '{}');
  writeFileSync(join(folder, '.hidden'), '');
  const copy = await dragged.write({ kind: 'adapter', name: 'digits: best', folder: 'adapters/a1' });
  expect(readdirSync(copy)).toEqual(['adapter_config.json']);
  expect(readdirSync(folder).sort()).toEqual(['.hidden', 'adapter_config.json']);
});

test('neither a program nor a folder outside the adapters is dragged out', async () => {
  mkdirSync(join(home, 'runs'));
  await expect(dragged.write({ kind: 'file', name: 'a.sh', content: '' })).rejects.toThrow(
    'a.sh is not dragged out. Drag a PNG, an SVG, a PDF or a CSV.',
  );
  await expect(dragged.write({ kind: 'file', name: 'a.png', content: 'text' })).rejects.toThrow('is no PNG');
  for (const folder of ['runs', 'adapters', 'adapters/../runs', '../..'])
    await expect(dragged.write({ kind: 'adapter', name: 'x', folder })).rejects.toThrow('is no adapter of the studio');
  await expect(dragged.write({ kind: 'adapter', name: 'x', folder: 'adapters/gone' })).rejects.toThrow('no longer');
});
