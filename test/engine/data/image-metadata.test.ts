import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDataset, openImages } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { temporaryFolder, writeImage } from './make-data.ts';

const home = temporaryFolder();
let folders = 0;

/** A folder with these metadata files, and an image for each name. */
async function folder(files: Readonly<Record<string, string>>, images: readonly string[]): Promise<string> {
  const path = join(home, String(folders++));
  mkdirSync(path);
  for (const name of images)
    await writeImage(join(path, name), { color: name.includes('red') ? [255, 0, 0] : [0, 0, 255] });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

const csv = 'file_name,label\nred 1.png,red\nblue 1.png,blue\nred 2.png,red\nblue 2.png,blue\n';
const jsonl = '{"file_name": "red 1.png", "label": "red"}\n{"file_name": "blue 1.png", "label": "blue"}\n';
const images = ['red 1.png', 'blue 1.png', 'red 2.png', 'blue 2.png'];

test.each([
  ['metadata.csv', csv, [1, 1]],
  ['metadata.jsonl', jsonl, [1, 1]],
])('images are of the classes in %s', async (name, content) => {
  const source = await detectReader(await folder({ [name]: content }, images));
  expect(source.reader).toBe('image-metadata');
  const data = await openImages(source);
  expect(data.description).toMatchObject({ labels: ['blue', 'red'], problems: [] });
  for (const split of ['train', 'test'] as const) {
    const found = data.split(split);
    for (let index = 0; index < found.count; index++) {
      const [red] = await found.pixels(index);
      expect(found.labels[index]).toBe(red === 255 ? 1 : 0);
    }
  }
});

test('splits are folders with a table each, or folders in the names of the files', async () => {
  const table = 'file_name,label\nred.png,red\nblue.png,blue\n';
  const each = await folder({}, ['train/red.png', 'train/blue.png', 'test/red.png', 'test/blue.png']);
  for (const split of ['train', 'test']) writeFileSync(join(each, split, 'metadata.csv'), table);
  const named = 'file_name,label\ntrain/red.png,red\ntrain/blue.png,blue\nvalidation/red.png,red\n';
  const one = await folder({ 'metadata.csv': named }, ['train/red.png', 'train/blue.png', 'validation/red.png']);
  const counts = async (path: string) =>
    (await openImages(await detectReader(path))).description.splits.map(({ exampleCount }) => exampleCount);
  expect([await counts(each), await counts(one)]).toEqual([
    [2, 2],
    [2, 1],
  ]);
});

test('images of a folder outside, or missing ones, are problems', async () => {
  const table = `${csv}../../outside.png,red\nmissing.png,red\n,red\n`;
  const { description } = await openImages(await detectReader(await folder({ 'metadata.csv': table }, images)));
  expect(description.problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('leads out of the folder'),
    expect.stringContaining('has no file_name'),
    expect.stringContaining('missing.png'),
  ]);
});

test('captions instead of classes are rejected by name, unless folders are the classes', async () => {
  const captions = 'file_name,text\nred 1.png,a red field in the sun\nblue 1.png,a blue field in the rain\n';
  const path = await folder({ 'metadata.csv': captions }, images);
  await expect(detectReader(path).then(openDataset)).rejects.toThrow('has images with texts (text)');
  const classes = await folder({ 'metadata.csv': captions }, ['red/1.png', 'red/2.png', 'blue/1.png', 'blue/2.png']);
  expect((await detectReader(classes)).reader).toBe('image-folder');
});
