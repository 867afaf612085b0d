import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { openImages } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { temporaryFolder, writeImage } from './make-data.ts';

const home = temporaryFolder();
const open = (path: string) => openImages({ reader: 'image-folder', path, options: {} });

describe('an image folder', () => {
  test('with train and test: classes in natural order, test going round the classes', async () => {
    const folder = join(home, 'split');
    for (const name of ['class 10', 'class 2'])
      for (const image of ['b.png', 'a10.png', 'a9.png'])
        await writeImage(join(folder, 'train', name, image), { color: [name === 'class 2' ? 2 : 10, 0, 255] });
    await writeImage(join(folder, 'val', 'class 2', 'x.jpg'));
    await writeImage(join(folder, 'val', 'class 2', 'deeper', 'y.webp'));
    await writeImage(join(folder, 'val', 'class 10', 'z.png'));
    expect(await detectReader(folder)).toEqual({ reader: 'image-folder', path: folder, options: {} });
    const data = await open(folder);
    expect(data.description).toMatchObject({
      labels: ['class 2', 'class 10'],
      image: { height: 4, width: 6, channels: 3 },
      splits: [
        { name: 'train', exampleCount: 6, perLabel: [3, 3] },
        { name: 'test', exampleCount: 3, perLabel: [2, 1] },
      ],
      problems: [],
    });
    expect([...data.split('test').labels]).toEqual([0, 1, 0]);
    expect([...(await data.split('train').pixels(0)).slice(0, 3)]).toEqual([2, 0, 255]);
    expect(data.split('train').image).toBeUndefined();
  });

  test('without train and test holds out a fifth of each class by a fixed seed', async () => {
    const folder = join(home, 'flat');
    for (const [label, name] of ['ants', 'bees'].entries())
      for (let image = 0; image < 10; image++)
        await writeImage(join(folder, name, `${image}.png`), { color: [label * 100 + image] });
    const data = await open(folder);
    expect(data.description.image?.channels).toBe(1);
    expect(data.description.splits).toEqual([
      { name: 'train', exampleCount: 16, perLabel: [8, 8] },
      { name: 'test', exampleCount: 4, perLabel: [2, 2] },
    ]);
    const first = async (name: 'train' | 'test') => {
      const split = (await open(folder)).split(name);
      return Promise.all(Array.from(split.labels, async (_, index) => (await split.pixels(index))[0] ?? -1));
    };
    const held = await first('test');
    expect(await first('test')).toEqual(held);
    expect([...held, ...(await first('train'))].sort((a, b) => a - b)).toEqual(
      [0, 100].flatMap((start) => Array.from({ length: 10 }, (_, index) => start + index)),
    );
  });

  test('leaves out what is no image, and names it', async () => {
    const folder = join(home, 'spoiled');
    for (let image = 0; image < 5; image++) await writeImage(join(folder, 'a', `${image}.png`));
    const whole = readFileSync(join(folder, 'a', '0.png'));
    writeFileSync(join(folder, 'a', 'cut.png'), whole.subarray(0, whole.length - 30));
    writeFileSync(join(folder, 'a', 'words.jpg'), 'not an image');
    writeFileSync(join(folder, 'a', 'notes.txt'), 'mine');
    writeFileSync(join(folder, 'a', '.DS_Store'), '');
    mkdirSync(join(folder, 'empty class'));
    const { description } = await open(folder);
    expect(description.splits[0]?.exampleCount).toBe(4);
    expect(description.problems.map(({ where }) => where).sort()).toEqual(
      [...['a/cut.png', 'a/notes.txt', 'a/words.jpg', 'empty class'].map((name) => join(folder, name))].sort(),
    );
  });

  test('keeps the size of each image for the model, and previews them in the most frequent one', async () => {
    const folder = join(home, 'sizes');
    for (const [index, height] of [8, 8, 4, 16, 8].entries())
      await writeImage(join(folder, 'a', `${index}.png`), { height, width: 8, color: [index, index, index] });
    const data = await open(folder);
    expect(data.description.image).toEqual({ height: 8, width: 8, channels: 3 });
    const heights: number[] = [];
    for (const name of ['train', 'test'] as const)
      for (let index = 0; index < data.split(name).count; index++) {
        heights.push((await data.split(name).image?.(index))?.height ?? 0);
        expect(await data.split(name).pixels(index)).toHaveLength(8 * 8 * 3);
      }
    expect(heights.sort((a, b) => a - b)).toEqual([4, 8, 8, 8, 16]);
  });

  test('reads grey beside color as RGB, drops transparency, applies the orientation', async () => {
    const folder = join(home, 'kinds', 'train');
    await writeImage(join(home, 'kinds', 'test', 'a', '0.png'), { height: 2 });
    await writeImage(join(folder, 'a', '0.png'), { height: 1, width: 1, color: [7] });
    await sharp(Buffer.from([1, 2, 3, 0]), { raw: { width: 1, height: 1, channels: 4 } })
      .png()
      .toFile(join(folder, 'a', '1.png'));
    await sharp(Buffer.from([9, 9, 9, 200, 200, 200]), { raw: { width: 2, height: 1, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .tiff()
      .toFile(join(folder, 'a', '2.tiff'));
    const split = (await open(join(home, 'kinds'))).split('train');
    expect([...((await split.image?.(0))?.pixels ?? [])]).toEqual([7, 7, 7]);
    expect([...((await split.image?.(1))?.pixels ?? [])]).toEqual([1, 2, 3]);
    expect(await split.image?.(2)).toMatchObject({ height: 2, width: 1, channels: 3 });
  });

  test('is refused where it has no image, or a test class that training lacks', async () => {
    mkdirSync(join(home, 'nothing', 'a'), { recursive: true });
    await expect(open(join(home, 'nothing'))).rejects.toThrow(/has no readable image: the dataset is empty/);
    await expect(detectReader(join(home, 'nothing'))).rejects.toMatchObject({ code: 'invalid_file' });
    await writeImage(join(home, 'unknown', 'train', 'a', '0.png'));
    await writeImage(join(home, 'unknown', 'test', 'b', '0.png'));
    await expect(open(join(home, 'unknown'))).rejects.toThrow(/b is a class that .*train does not have/);
  });
});
