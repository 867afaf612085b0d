import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { describeDataset } from '../../../src-main/backend/library/datasets/describe-dataset.ts';
import { compareImages } from '../../../src-main/engine/data/image-duplicates.ts';
import { openImages } from '../../../src-main/engine/data/open-dataset.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();

/** A drawing of random soft discs: two of different seeds have nothing in common. Not SVG, which the readers turn off. */
function drawing(seed: number): Sharp {
  const size = 96;
  const random = RandomStream.seeded(seed, 'subset');
  const discs = Array.from({ length: 12 }, () => ({
    x: random.uniform() * size,
    y: random.uniform() * size,
    radius: 8 + random.uniform() * 24,
    shade: 20 + random.uniform() * 190,
  }));
  const pixels = new Uint8Array(size * size * 3).fill(100);
  for (const { x, y, radius, shade } of discs)
    for (let at = 0; at < size * size; at++) {
      const distance = Math.hypot((at % size) - x, Math.floor(at / size) - y);
      if (distance < radius) pixels.set([shade, 230 - shade, shade / 2], at * 3);
    }
  return sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
}

/** Train has the drawings 0 to 9, and 0 twice; test has 3 as it is, 4 recompressed, 5 scaled and brighter, and others. */
async function makeFolder(name: string): Promise<string> {
  const folder = join(home, name);
  for (const split of ['train', 'test']) mkdirSync(join(folder, split, 'discs'), { recursive: true });
  const train = (file: string) => join(folder, 'train', 'discs', file);
  const testing = (file: string) => join(folder, 'test', 'discs', file);
  for (let seed = 0; seed < 10; seed++)
    await drawing(seed)
      .png()
      .toFile(train(`${seed}.png`));
  await drawing(0).webp({ lossless: true }).toFile(train('again.webp'));
  await drawing(3).png({ compressionLevel: 1 }).toFile(testing('same.png'));
  await drawing(4).jpeg({ quality: 70 }).toFile(testing('recompressed.jpg'));
  await drawing(5).resize(64, 64).linear(1.05, 8).png().toFile(testing('scaled.png'));
  for (let seed = 20; seed < 26; seed++)
    await drawing(seed)
      .png()
      .toFile(testing(`${seed}.png`));
  return folder;
}

test('images are found that occur twice, by their pixels and by their looks, within and across the splits', async () => {
  const folder = await makeFolder('copies');
  const description = await describeDataset(
    { reader: 'image-folder', path: folder, options: {} },
    {},
    { compares: true },
  );
  const { pairs, ...counts } = description.duplicates ?? { pairs: [] };
  expect(counts).toEqual({
    comparedImages: 20,
    withinTrain: 1,
    withinTest: 0,
    across: 1,
    nearComparedImages: 18,
    nearAcross: 2,
  });
  // Pairs across the splits come first.
  expect(pairs.map(({ kind, one, other }) => [kind, one.split, other.split])).toEqual([
    ['exact', 'train', 'test'],
    ['near', 'train', 'test'],
    ['near', 'train', 'test'],
    ['exact', 'train', 'train'],
  ]);
  const problems = description.problems.map(({ where, message }) => `${where.split('/').at(-1)} ${message}`);
  expect(problems.toSorted()).toEqual([
    expect.stringMatching(/^recompressed\.jpg looks like .*4\.png in the other split: .* remove it from one of them/),
    expect.stringMatching(/^same\.png has the same pixels as .*3\.png in the other split/),
    expect.stringMatching(/^scaled\.png looks like .*5\.png/),
  ]);
});

test('a dataset without them has none, says how far it is, and stops when it is told to', async () => {
  const folder = join(home, 'unlike');
  for (const split of ['train', 'test']) mkdirSync(join(folder, split, 'discs'), { recursive: true });
  for (let seed = 0; seed < 8; seed++)
    await drawing(seed)
      .png()
      .toFile(join(folder, seed < 5 ? 'train' : 'test', 'discs', `${seed}.png`));
  const opened = await openImages({ reader: 'image-folder', path: folder, options: {} });
  const told: number[] = [];
  const found = await compareImages(opened, { onRead: ({ totalBytes }) => told.push(totalBytes) });
  expect(found).toMatchObject({ comparedImages: 8, across: 0, nearAcross: 0, withinTrain: 0, pairs: [] });
  expect(told).toEqual([opened.description.sizeBytes]);
  await expect(compareImages(opened, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});

test('images of one color are alike only where they are the same', async () => {
  const folder = join(home, 'plain');
  for (const [at, shade] of [10, 200, 10, 90].entries()) {
    const of = join(folder, at < 2 ? 'train' : 'test', 'plain');
    mkdirSync(of, { recursive: true });
    const background = { r: shade, g: shade, b: shade };
    await sharp({ create: { width: 20, height: 20, channels: 3, background } })
      .png()
      .toFile(join(of, `${at}.png`));
  }
  const found = await compareImages(await openImages({ reader: 'image-folder', path: folder, options: {} }));
  expect(found).toMatchObject({ across: 1, nearAcross: 0 });
});
