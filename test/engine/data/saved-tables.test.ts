import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath } from '../golden.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();

async function read(path: string, options: ParameterValues = {}) {
  const opened = await openDataset({ ...(await detectReader(path)), options });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const examples: Record<'train' | 'test', TextExample[]> = { train: [], test: [] };
  for (const split of ['train', 'test'] as const)
    for await (const example of opened.examples(split)) examples[split].push(example);
  return { description: await opened.describe(), examples };
}

test('a folder of save_to_disk is read split by split, from all files of a split, with the names of its classes', async () => {
  const folder = goldenPath('tables', 'saved');
  expect(await detectReader(folder)).toMatchObject({ reader: 'arrow', path: folder });
  const { description, examples } = await read(folder);
  expect(examples.train.map(({ text, label }) => [text, label])).toEqual(
    [0, 1, 2, 3, 4].map((number) => [`text ${number} é`, number % 2 === 0 ? 'sea' : 'land']),
  );
  expect(examples.test.map(({ text }) => text)).toEqual(['text 5 é', 'text 6 é']);
  expect(description).toMatchObject({
    labels: ['land', 'sea'],
    text: { splitRule: 'by file', rowCount: 7, faultyRows: 0 },
  });
  // One split alone, and one file alone.
  expect((await read(join(folder, 'test'), { test_fraction: 0 })).examples.train).toHaveLength(2);
  const file = join(folder, 'train', 'data-00001-of-00002.arrow');
  expect((await read(file, { test_fraction: 0 })).examples.train.map(({ text }) => text)).toEqual([
    'text 3 é',
    'text 4 é',
  ]);
});

test('values of Arrow are those that other tables have', async () => {
  const source = await detectReader(goldenPath('tables', 'saved', 'test'));
  const opened = await inspectDataset({ ...source, options: { text: 'notes.by', label: 'stars' } });
  expect(opened?.rows[0]).toMatchObject({ kind: 'example', example: { text: 'n5', label: '9007199254740997' } });
  const dated = await inspectDataset({ ...source, options: { text: 'when', label: 'tags' } });
  expect(dated?.rows.map((row) => (row.kind === 'example' ? [row.example.text, row.example.label] : row))).toEqual([
    ['2024-05-01T12:00:05', ['a', 'b']],
    ['2024-05-01T12:00:06', []],
  ]);
});

test('a folder of the cache of datasets has its splits in the names of its files', async () => {
  const folder = join(home, 'cached');
  mkdirSync(folder);
  writeFileSync(join(folder, 'dataset_info.json'), '{}');
  const saved = goldenPath('tables', 'saved');
  cpSync(join(saved, 'train', 'data-00000-of-00002.arrow'), join(folder, 'reviews-train.arrow'));
  cpSync(join(saved, 'test', 'data-00000-of-00001.arrow'), join(folder, 'reviews-validation.arrow'));
  const { examples } = await read(folder);
  expect([examples.train.length, examples.test.length]).toEqual([3, 2]);
});

test('a split of the cache that lacks one of its files is refused, not read without it', async () => {
  const folder = join(home, 'incomplete');
  mkdirSync(folder);
  writeFileSync(join(folder, 'dataset_info.json'), '{}');
  const part = (split: string, from: number, number: number, count: number) =>
    cpSync(
      goldenPath('tables', 'saved', 'train', `data-0000${from}-of-00002.arrow`),
      join(folder, `reviews-${split}-0000${number}-of-0000${count}.arrow`),
    );
  part('train', 0, 0, 3);
  part('train', 1, 2, 3);
  await expect(read(folder)).rejects.toThrow(`${folder} has 2 files of the 3 of train; number 1 is not there once.`);
  part('train', 1, 1, 3);
  part('test', 0, 0, 2);
  await expect(read(folder)).rejects.toThrow(`${folder} has 1 files of the 2 of test; number 1 is not there once.`);
  part('test', 1, 1, 2);
  // Output of map is not part of the dataset.
  cpSync(join(folder, 'reviews-test-00000-of-00002.arrow'), join(folder, 'cache-ab12cd.arrow'));
  const { examples } = await read(folder);
  expect([examples.train.length, examples.test.length]).toEqual([7, 5]);
});

test.each([
  ['state.json', '{"step": 3}'],
  ['state.json', 'no JSON'],
  ['state.json', ' '.repeat(17 * 2 ** 20)],
  ['dataset_dict.json', '[]'],
])('a %s of another program does not keep a folder from its reader (%#)', async (name, text) => {
  const folder = mkdtempSync(join(home, 'foreign-'));
  writeFileSync(join(folder, name), text);
  await expect(detectReader(folder)).rejects.toThrow('is not in a supported format');
  writeFileSync(join(folder, 'train.csv'), 'text,label\ngood,1\nbad,0\n');
  expect(await detectReader(folder)).toMatchObject({ reader: 'csv' });
});

test('a split without what datasets writes of it is said', async () => {
  const folder = mkdtempSync(join(home, 'split-'));
  mkdirSync(join(folder, 'train'));
  writeFileSync(join(folder, 'dataset_dict.json'), '{"splits": ["train"]}');
  await expect(detectReader(folder)).rejects.toThrow(`${join(folder, 'train', 'state.json')} cannot be read`);
  writeFileSync(join(folder, 'train', 'state.json'), '{}');
  await expect(detectReader(folder)).rejects.toThrow(`${join(folder, 'train', 'state.json')} is not what datasets`);
});

test("polars' files, whose schema has no length before it", async () => {
  const { examples } = await read(goldenPath('tables', 'polars.arrow'), { test_fraction: 0 });
  expect(examples.train.map(({ text, label }) => [text, label])).toEqual([
    ['short', 'x'],
    ['a text that is longer than a view', 'y'],
    ['日本語のレビュー', 'x'],
  ]);
});

test('names damaged and missing files', async () => {
  const whole = readFileSync(goldenPath('tables', 'saved', 'test', 'data-00000-of-00001.arrow'));
  const path = join(home, 'cut.arrow');
  for (const length of [0, 3, 20, 400, whole.length - 200]) {
    writeFileSync(path, whole.subarray(0, length));
    await expect(read(path), String(length)).rejects.toThrow(path);
  }
  const folder = join(home, 'outside');
  mkdirSync(folder);
  writeFileSync(join(folder, 'state.json'), JSON.stringify({ _data_files: [{ filename: '../cut.arrow' }] }));
  await expect(detectReader(folder)).rejects.toThrow('"../cut.arrow" is no name of a file');
  writeFileSync(join(folder, 'state.json'), JSON.stringify({ _data_files: [{ filename: 'gone.arrow' }] }));
  await expect(read(folder)).rejects.toThrow('gone.arrow is not there');
});

test('flipped bits of values are read or refused, in words', async () => {
  const whole = readFileSync(goldenPath('tables', 'saved', 'test', 'data-00000-of-00001.arrow'));
  const path = join(home, 'flipped.arrow');
  const random = RandomStream.seeded(5, 'subset');
  for (let round = 0; round < 40; round++) {
    const bytes = Buffer.from(whole);
    for (let flip = 0; flip <= round % 3; flip++) {
      const at = bytes.length - 1 - Math.floor(random.uniform() * 100);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random.uniform() * 8));
    }
    writeFileSync(path, bytes);
    await read(path).catch((thrown: unknown) => {
      expect(thrown, `round ${round}`).toBeInstanceOf(StudioError);
    });
  }
});

test('a workbook is read by its first sheet, or the one that is named', async () => {
  const path = goldenPath('tables', 'book.xlsx');
  const { examples, description } = await read(path, { test_fraction: 0, label: 'stars' });
  expect(examples.train.map(({ row, text, label }) => [row, text, label])).toEqual([
    ['row 2', 'good & <fine>', '5'],
    ['row 4', '  bad  ', '1.5'],
  ]);
  expect(description.text).toMatchObject({ labelKind: 'numbers', columnNames: ['text', 'stars', 'when', 'seen'] });
  const dated = await read(path, { test_fraction: 0, text: 'when', label: 'seen' });
  expect(dated.examples.train.map(({ text, label }) => [text, label])).toEqual([
    ['2024-05-01', 'true'],
    ['2024-05-02', 'false'],
  ]);
  const other = await read(path, { test_fraction: 0, sheet: 'Other', label: 'kind' });
  expect(other.examples.train.map(({ text, label }) => [text, label])).toEqual([['one', 'x']]);
  await expect(read(path, { sheet: 'None' })).rejects.toThrow('has no sheet "None"');
  const cut = join(home, 'cut.xlsx');
  writeFileSync(cut, readFileSync(path).subarray(0, 1000));
  await expect(read(cut)).rejects.toThrow(cut);
});
