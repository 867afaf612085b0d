import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openImages } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { idxBytes, idxFolder, temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
const open = (path: string, options = {}) => openImages({ reader: 'idx', path, options });

describe('an IDX folder', () => {
  for (const packed of [false, true])
    test(`gives its images and labels, ${packed ? 'packed by gzip' : 'raw'}`, async () => {
      const folder = idxFolder(join(home, `plain-${packed}`), { train: [0, 2, 1, 2], t10k: [1, 0] }, { packed });
      const data = await open(folder);
      expect(data.description).toMatchObject({
        task: 'image-classification',
        text: null,
        labels: ['0', '1', '2'],
        image: { height: 2, width: 3, channels: 1 },
        splits: [
          { name: 'train', exampleCount: 4, perLabel: [1, 1, 2] },
          { name: 'test', exampleCount: 2, perLabel: [1, 1, 0] },
        ],
        problems: [],
      });
      expect([...data.split('train').labels]).toEqual([0, 2, 1, 2]);
      expect([...(await data.split('train').pixels(3))]).toEqual([3, 0, 0, 0, 0, 0]);
      expect([...(await data.split('test').pixels(1))]).toEqual([1, 0, 0, 0, 0, 0]);
      data.close();
    });

  test('is recognized by the folder or by one of its files', async () => {
    const folder = idxFolder(join(home, 'recognized'), { train: [0, 1] });
    expect(await detectReader(folder)).toEqual({ reader: 'idx', path: folder, options: {} });
    expect(await detectReader(join(folder, 'train-images-idx3-ubyte'))).toEqual({
      reader: 'idx',
      path: folder,
      options: {},
    });
  });

  test('reads color images with channels last', async () => {
    const folder = idxFolder(join(home, 'color'), { train: [0] });
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), idxBytes([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]));
    const data = await open(folder);
    expect(data.description.image).toEqual({ height: 1, width: 2, channels: 3 });
    expect([...(await data.split('train').pixels(0))]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('takes class names from labels.txt, or from the source', async () => {
    const folder = idxFolder(join(home, 'named'), { train: [0, 1], t10k: [1] });
    writeFileSync(join(folder, 'labels.txt'), 'cat\nred fox\n\n');
    expect((await open(folder)).description.labels).toEqual(['cat', 'red fox']);
    expect((await open(folder, { labels: 'a | b | c' })).description).toMatchObject({
      labels: ['a', 'b', 'c'],
      problems: [{ message: 'The class c has no training example.' }],
    });
  });

  test('without test files holds out a fifth of each class, always the same one', async () => {
    const labels = Array.from({ length: 30 }, (_, row) => (row % 3 === 0 ? 1 : 0));
    const folder = idxFolder(join(home, 'held-out'), { train: labels });
    const [first, second] = [await open(folder), await open(folder)];
    expect(first.description.splits).toEqual([
      { name: 'train', exampleCount: 24, perLabel: [16, 8] },
      { name: 'test', exampleCount: 6, perLabel: [4, 2] },
    ]);
    const rows = async (name: 'train' | 'test', data = first) =>
      Promise.all(
        Array.from(data.split(name).labels, async (_, index) => (await data.split(name).pixels(index))[0] ?? -1),
      );
    const [train, held] = [await rows('train'), await rows('test')];
    expect([...train, ...held].sort((a, b) => a - b)).toEqual(labels.map((_, row) => row));
    expect(await rows('test', second)).toEqual(held);
    for (const [index, row] of held.entries()) expect(first.split('test').labels[index]).toBe(labels[row]);
    expect([...first.split('test').labels.slice(0, 4)]).toEqual([0, 1, 0, 1]);
  });
});

describe('a wrong IDX folder is refused in words', () => {
  const cases: [string, (folder: string) => void, RegExp][] = [
    ['no training labels', (f) => idxFolder(f, { t10k: [0] }), /has no train-images IDX file/],
    ['another magic number', (f) => patch(f, 'train-images', (b) => b.writeUInt8(1, 0)), /offset 0/],
    ['floats', (f) => patch(f, 'train-images', (b) => b.writeUInt8(0x0d, 2)), /value type 0x0d at offset 2/],
    ['dimensions of labels', (f) => patch(f, 'train-images', (b) => b.writeUInt8(1, 3)), /1 dimensions at offset 3/],
    ['no columns', (f) => patch(f, 'train-images', (b) => b.writeUInt32BE(0, 12)), /dimension of 0 at offset 12/],
    ['cut off', (f) => cut(f, 'train-images', 16 + 6 + 2), /ends inside row 1/],
    ['cut off in the header', (f) => cut(f, 'train-images', 10), /ends at byte 10, inside the dimensions/],
    ['empty file', (f) => cut(f, 'train-labels', 0), /ends at byte 0, inside the magic number/],
    ['too long', (f) => patch(f, 'train-labels', (b) => b.writeUInt32BE(2, 4)), /bytes behind the last row/],
    [
      'fewer labels',
      (f) => writeFileSync(join(f, 'train-labels-idx1-ubyte'), idxBytes([1], [0])),
      /3 images, but .* 1 labels/,
    ],
    [
      'test label unknown',
      (f) => idxFolder(f, { t10k: [0, 7] }),
      /t10k-labels.* has the label 7 in row 1, out of range/,
    ],
    ['empty', (f) => idxFolder(f, { train: [] }), /has no images: the dataset is empty/],
    [
      'no test labels',
      (f) => writeFileSync(join(f, 't10k-images-idx3-ubyte'), idxBytes([1, 2, 3], [0, 0, 0, 0, 0, 0])),
      /has no t10k-labels/,
    ],
    [
      'other test size',
      (f) => {
        idxFolder(f, { t10k: [0] });
        writeFileSync(join(f, 't10k-images-idx3-ubyte'), idxBytes([1, 1, 1], [0]));
      },
      /1 × 1 × 1, .* of 2 × 3 × 1/,
    ],
    [
      'five channels',
      (f) => writeFileSync(join(f, 'train-images-idx3-ubyte'), idxBytes([3, 1, 1, 5], new Array(15).fill(0))),
      /5 channels/,
    ],
    ['two training sets', (f) => idxFolder(f, { 'letters-train': [0] }), /several train images files/],
  ];
  for (const [name, spoil, message] of cases)
    test(name, async () => {
      const folder = join(home, name.replaceAll(' ', '-'));
      if (name !== 'no training labels') idxFolder(folder, { train: [0, 1, 2] });
      spoil(folder);
      await expect(open(folder)).rejects.toThrow(message);
      await expect(open(folder)).rejects.toMatchObject({ name: 'StudioError', code: 'invalid_file' });
    });

  test('a label beyond the named classes, with its row', async () => {
    const folder = idxFolder(join(home, 'beyond'), { train: [0, 1, 2] });
    await expect(open(folder, { labels: 'a|b' })).rejects.toThrow(
      /train-labels.* has the label 2 in row 2, out of range: there are 2 classes/,
    );
  });

  test('a gzip file that was cut off or damaged', async () => {
    const folder = idxFolder(join(home, 'damaged-gzip'), { train: [0, 1, 2] }, { packed: true });
    const path = join(folder, 'train-images-idx3-ubyte.gz');
    const whole = readFileSync(path);
    const spoiled = Buffer.from(whole);
    spoiled[spoiled.length - 6] = (spoiled[spoiled.length - 6] ?? 0) ^ 0xff;
    writeFileSync(path, spoiled);
    const firstImage = async () => (await open(folder)).split('train').pixels(0);
    await expect(firstImage).rejects.toThrow(/train-images.* is a damaged gzip file: .*check/);
    writeFileSync(path, whole.subarray(0, whole.length - 5));
    await expect(open(folder)).rejects.toMatchObject({ code: 'invalid_file' });
  });

  test('a folder that is not there, an unknown option and an unknown reader', async () => {
    await expect(open(join(home, 'nowhere'))).rejects.toMatchObject({
      code: 'not_found',
      message: /nowhere is not there/,
    });
    await expect(open(home, { label: 'a' })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(openImages({ reader: 'toString', path: home, options: {} })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(detectReader(join(home, 'nowhere'))).rejects.toMatchObject({ code: 'not_found' });
  });
});

function patch(folder: string, file: string, change: (bytes: Buffer) => void): void {
  const path =
    [3, 1].map((kind) => join(folder, `${file}-idx${kind}-ubyte`)).find((candidate) => existsSync(candidate)) ?? '';
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}

function cut(folder: string, file: string, length: number): void {
  const path =
    [3, 1].map((kind) => join(folder, `${file}-idx${kind}-ubyte`)).find((candidate) => existsSync(candidate)) ?? '';
  writeFileSync(path, readFileSync(path).subarray(0, length));
}
