import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
let files = 0;

function table(rows: readonly object[]): string {
  const path = join(home, `${files++}.jsonl`);
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return path;
}

async function read(path: string, options: ParameterValues) {
  const opened = await openDataset({ ...(await detectReader(path)), options });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const splits: Record<'train' | 'test', TextExample[]> = { train: [], test: [] };
  for (const split of ['train', 'test'] as const)
    for await (const example of opened.examples(split)) splits[split].push(example);
  return { ...splits, description: await opened.describe() };
}

const texts = (examples: readonly TextExample[]) => examples.map(({ text }) => text);
const countOf = (examples: readonly TextExample[], wanted: string) =>
  examples.filter(({ label }) => label === wanted).length;

describe('a stratified split', () => {
  const path = table([
    ...Array.from({ length: 50 }, (_, at) => ({ text: `often ${at}`, label: 'often' })),
    ...Array.from({ length: 10 }, (_, at) => ({ text: `seldom ${at}`, label: 'seldom' })),
    { text: 'rare 1', label: 'rare' },
    { text: 'rare 2', label: 'rare' },
    { text: 'single', label: 'single' },
  ]);

  test('has the same share of each label, one at least, and none of a label with one row', async () => {
    const { train, test: tests, description } = await read(path, { split_by: 'stratified', seed: 3 });
    expect(['often', 'seldom', 'rare', 'single'].map((label) => countOf(tests, label))).toEqual([10, 2, 1, 0]);
    expect(countOf(train, 'single')).toBe(1);
    expect(description.text?.splitRule).toBe('20 % of the rows of each label for testing, drawn by the seed 3');
  });

  test('is the same for a seed and another for another one', async () => {
    const split = async (seed: number) => texts((await read(path, { split_by: 'stratified', seed })).test);
    expect(await split(3)).toEqual(await split(3));
    expect(await split(3)).not.toEqual(await split(4));
  });

  test('is rejected without labels', async () => {
    await expect(
      read(table([{ text: 'one of two' }, { text: 'two of two' }]), { split_by: 'stratified' }),
    ).rejects.toThrow('has no label column, so its rows cannot be split by their labels');
  });
});

describe('a grouped split', () => {
  const rows = Array.from({ length: 100 }, (_, at) => ({
    text: `text ${at}`,
    label: at % 2 ? 'x' : 'y',
    author: `author ${at % 10}`,
  }));

  test('keeps the rows of a group together', async () => {
    const path = table(rows);
    const {
      train,
      test: tests,
      description,
    } = await read(path, { split_by: 'group', group_column: 'author', seed: 1 });
    const authors = (examples: readonly TextExample[]) =>
      new Set(examples.map(({ text }) => Number(text?.slice(5)) % 10));
    expect(tests).toHaveLength(20);
    expect(authors(tests).size).toBe(2);
    expect([...authors(tests)].filter((author) => authors(train).has(author))).toEqual([]);
    expect(description.text?.splitRule).toBe(
      'whole groups of one author, together 20 % of the rows, for testing, drawn by the seed 1',
    );
    const again = await read(path, { split_by: 'group', group_column: 'author', seed: 1 });
    expect(texts(again.test)).toEqual(texts(tests));
  });

  test('has test rows even of few groups', async () => {
    const few = table(rows.map((row, at) => ({ ...row, author: at < 90 ? 'one' : 'other' })));
    for (const seed of [1, 2, 3, 4]) {
      const { train, test: tests } = await read(few, { split_by: 'group', group_column: 'author', seed });
      expect([train.length, tests.length].sort()).toEqual([10, 90]);
    }
  });

  test.each([
    [{}, 'is to be split by groups, but no column is named'],
    [{ group_column: 'writer' }, 'has no column "writer"'],
    [{ group_column: 'kind' }, 'all rows have the same kind, so they are one group'],
  ])('rejects %j', async (options, message) => {
    const path = table(rows.map((row) => ({ ...row, kind: 'a' })));
    await expect(read(path, { split_by: 'group', ...options })).rejects.toThrow(message);
    const inspected = await inspectDataset({
      ...(await detectReader(path)),
      options: { split_by: 'group', ...options },
    });
    expect(inspected?.misfit?.message).toContain(message);
  });
});

describe('a split by time', () => {
  const times = (values: readonly (string | number)[]) =>
    table(values.map((when, at) => ({ text: `text ${at}`, label: at % 2 ? 'x' : 'y', when })));

  test.each([
    ['dates', ['2024-05-03', '2024-01-02', '2023-12-31', '2024-02-01', '2024-03-01'], 'text 0', '2024-05-03'],
    ['years', [2024, 2021, 2020, 2023, 2022], 'text 0', '2024'],
    ['European dates', ['1.2.2024', '31.1.2024', '2.1.2024', '3.1.2024', '4.1.2024'], 'text 0', '1.2.2024'],
    ['American dates', ['1/2/2024', '12/31/2023', '1/1/2024', '12/1/2023', '12/2/2023'], 'text 0', '1/2/2024'],
    [
      'times',
      ['2024-05-03T10:00:00Z', '2024-05-03T09:00:00Z', '2024-05-02', '2024-05-01', '2023-01-01'],
      'text 0',
      '2024-05-03T10:00:00Z',
    ],
  ])('tests on the latest rows by %s', async (_, values, latest, from) => {
    const { test: tests, description } = await read(times(values), { split_by: 'time', time_column: 'when' });
    expect(texts(tests)).toEqual([latest]);
    expect(description.text?.splitRule).toBe(`the latest 20 % of the rows by when for testing, from ${from} on`);
  });

  test('keeps rows of one time together', async () => {
    const { train, test: tests } = await read(times([2020, 2021, 2022, 2022, 2022]), {
      split_by: 'time',
      time_column: 'when',
    });
    expect([train.length, tests.length]).toEqual([2, 3]);
  });

  test('leaves out rows without a time, by name', async () => {
    const { description } = await read(times([2020, 2021, 2022, 2023, 'unknown']), {
      split_by: 'time',
      time_column: 'when',
    });
    expect(description.problems).toEqual([
      { where: 'row 5', message: expect.stringContaining('when is "unknown", which is no time: left out') },
    ]);
  });

  test('rejects dates whose day and month cannot be told apart', async () => {
    await expect(
      read(times(['1/2/2024', '3/4/2024', '5/6/2024']), { split_by: 'time', time_column: 'when' }),
    ).rejects.toThrow('whose day and month cannot be told apart');
  });
});

describe('texts in both splits', () => {
  const long = 'The quick brown fox jumps over the lazy dog near the old river bank while the sun goes down';
  const path = table([
    { text: `${long} slowly.`, label: 'x', split: 'train' },
    { text: 'an exact repetition', label: 'y', split: 'train' },
    { text: 'something of its own', label: 'x', split: 'train' },
    { text: 'and another text', label: 'y', split: 'train' },
    { text: `${long} slowly!`, label: 'x', split: 'test' },
    { text: `${long} fast.`, label: 'x', split: 'test' },
    { text: 'an exact repetition', label: 'y', split: 'test' },
  ]);

  test('are listed with their rows', async () => {
    const { description } = await read(path, {});
    expect(description.text?.duplicates).toMatchObject({ across: 1, nearAcross: 2 });
    expect(description.text?.duplicates.pairs).toEqual([
      { kind: 'exact', train: null, test: 'row 7', text: 'an exact repetition' },
      { kind: 'near', train: 'row 1', test: 'row 5', text: `${long} slowly!` },
      { kind: 'near', train: 'row 1', test: 'row 6', text: `${long} fast.` },
    ]);
  });

  test('name the row that was read last by its own split', async () => {
    const rows = [
      { text: 'an exact repetition', label: 'x', split: 'test' },
      { text: 'something of its own', label: 'y', split: 'train' },
      { text: 'an exact repetition', label: 'x', split: 'train' },
    ];
    const { description } = await read(table(rows), {});
    expect(description.text?.duplicates.pairs).toEqual([
      { kind: 'exact', train: 'row 3', test: null, text: 'an exact repetition' },
    ]);
  });

  test('are left out of train by a step, exact ones alone or near ones too', async () => {
    const exact = await read(path, { steps: 'drop-leaks' });
    expect(texts(exact.train)).toEqual([`${long} slowly.`, 'something of its own', 'and another text']);
    const near = await read(path, { steps: 'drop-near-leaks' });
    expect(texts(near.train)).toEqual(['something of its own', 'and another text']);
    expect(near.test).toHaveLength(3);
    expect(near.description.text).toMatchObject({
      duplicates: { across: 0, nearAcross: 0 },
      notes: ['The step drop-near-leaks left out 2 rows.'],
    });
  });
});
