import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bundledDatasets } from '../../../src-main/engine/data/bundled.ts';
import { bundledTexts } from '../../../src-main/engine/data/bundled-text.ts';
import type { OpenTexts } from '../../../src-main/engine/data/dataset.ts';
import { openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import type { DatasetDescription, TextExample } from '../../../src-shared/domain/data/dataset.ts';

const assets = join(import.meta.dirname, '../../../assets');
const splitNames = ['train', 'test'] as const;

async function openBundled(id: string): Promise<OpenTexts> {
  const found = (await bundledDatasets(assets)).find((dataset) => dataset.id === id);
  if (found === undefined) throw new Error(`${id} is not bundled`);
  const opened = await openDataset(found.source);
  if (opened.kind !== 'texts') throw new Error(`${id} is not of texts`);
  return opened;
}

const described = new Map<string, Promise<DatasetDescription>>();

/** Reads a set from end to end, once. */
function describeOnce(id: string): Promise<DatasetDescription> {
  const reading = described.get(id) ?? openBundled(id).then((opened) => opened.describe());
  described.set(id, reading);
  return reading;
}

async function examplesOf(id: string): Promise<Record<'train' | 'test', TextExample[]>> {
  const data = await openBundled(id);
  const examples: Record<'train' | 'test', TextExample[]> = { train: [], test: [] };
  for (const split of splitNames) for await (const example of data.examples(split)) examples[split].push(example);
  return examples;
}

/** Returns the values of an unused column in each row of a split. */
function columnOf(id: string, split: 'train' | 'test', column: string): string[] {
  const rows = readFileSync(join(assets, 'data', id, `${split}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  return rows.map((row) => z.record(z.string(), z.string()).parse(JSON.parse(row))[column] ?? '');
}

function expectNothingShared(train: readonly string[], test: readonly string[]): void {
  const trained = new Set(train);
  expect(train).not.toContain('');
  expect(test.filter((value) => value === '' || trained.has(value))).toEqual([]);
}

/** Counts by label in the order of the labels, e.g. { train: { ham: 1956, spam: 1300 }, test: … }. */
async function countsOf(id: string): Promise<Record<string, Record<string, number>>> {
  const { labels, splits } = await describeOnce(id);
  return Object.fromEntries(
    splits.map(({ name, perLabel }) => [
      name,
      Object.fromEntries(labels.map((label, index) => [label, perLabel[index] ?? 0])),
    ]),
  );
}

const genres = [
  ...['adventure', 'belles_lettres', 'editorial', 'fiction', 'government', 'hobbies', 'humor', 'learned', 'lore'],
  ...['mystery', 'news', 'religion', 'reviews', 'romance', 'science_fiction'],
];
const supersenses = [
  ...['act', 'animal', 'artifact', 'attribute', 'body', 'cognition', 'communication', 'event', 'feeling', 'food'],
  ...['group', 'location', 'object', 'person', 'phenomenon', 'plant', 'possession', 'process', 'quantity'],
  ...['relation', 'shape', 'state', 'substance', 'time'],
];
const each = (labels: readonly string[], count: number) => Object.fromEntries(labels.map((label) => [label, count]));

describe.each(bundledTexts.map(({ id }) => id))('%s', (id) => {
  test('is listed with its licence, and its PROVENANCE names the very bytes', async () => {
    const found = (await bundledDatasets(assets)).find((dataset) => dataset.id === id);
    expect(found?.licence).not.toBe('');
    expect(existsSync(join(assets, 'data', id, 'LICENSE'))).toBe(true);
    for (const split of splitNames) {
      const bytes = readFileSync(join(assets, 'data', id, `${split}.jsonl`));
      expect(bytes.length).toBeLessThan(3e6);
      const hash = createHash('sha256').update(bytes).digest('hex');
      expect(found?.provenance).toContain(`${split}.jsonl \`${hash}\``);
    }
  });

  test('has no row that is faulty, repeated, or nearly the same in both splits', async () => {
    const { problems, text, splits } = await describeOnce(id);
    const rowCount = splits.reduce((sum, { exampleCount }) => sum + exampleCount, 0);
    expect(problems).toEqual([]);
    expect(text).toMatchObject({
      splitRule: 'by file',
      rowCount,
      faultyRows: 0,
      duplicates: {
        comparedRows: rowCount,
        withinTrain: 0,
        withinTest: 0,
        across: 0,
        nearComparedRows: rowCount,
        nearAcross: 0,
      },
    });
  });
});

test.each(bundledTexts)('$id is described as reading it would', async ({ id }) => {
  const found = (await bundledDatasets(assets)).find((dataset) => dataset.id === id);
  expect(found?.description).toEqual(await describeOnce(id));
});

describe('bundled text datasets', () => {
  test('come after the image datasets, in the same order each time', async () => {
    const ids = (await bundledDatasets(assets)).map(({ id }) => id);
    expect(ids.slice(-bundledTexts.length)).toEqual(bundledTexts.map(({ id }) => id));
    expect(await examplesOf('opinion-words')).toEqual(await examplesOf('opinion-words'));
  });

  test('spam-subjects: ham and spam, no thread in both splits', async () => {
    expect(await countsOf('spam-subjects')).toEqual({
      train: { ham: 1956, spam: 1300 },
      test: { ham: 532, spam: 331 },
    });
    expectNothingShared(columnOf('spam-subjects', 'train', 'thread'), columnOf('spam-subjects', 'test', 'thread'));
    const { train, test: held } = await examplesOf('spam-subjects');
    const bare = ({ text }: TextExample) => {
      const subject = text ?? '';
      return (
        subject
          .toLowerCase()
          .replace(/^(\s*(\[[^\]]*\]|(re|fwd?):))+(?=.)/, '')
          .replaceAll(/\s/g, '') || subject
      );
    };
    expectNothingShared(train.map(bare), held.map(bare));
    expect(train.filter(({ text }) => /^Re:/i.test(text ?? '')).length).toBeGreaterThan(500);
  });

  test('brown-genres: passages of 60 to 100 words of 15 genres, no document in both splits', async () => {
    expect(await countsOf('brown-genres')).toEqual({
      train: { ...each(genres, 200), humor: 194, science_fiction: 143 },
      test: { ...each(genres, 60), humor: 44, science_fiction: 29 },
    });
    const [train, held] = splitNames.map((split) => columnOf('brown-genres', split, 'document'));
    expectNothingShared(train ?? [], held ?? []);
    expect([...new Set(held)].filter((name) => name.startsWith('cr')).sort()).toEqual(['cr03', 'cr08']);
    for (const { text } of Object.values(await examplesOf('brown-genres')).flat()) {
      const words = text?.split(' ').length;
      expect(words).toBeGreaterThanOrEqual(60);
      expect(words).toBeLessThanOrEqual(100);
      expect(text).not.toMatch(/``|''|\/(nn|at|in|vb)\b| [.,;?!]( |$)/);
    }
  });

  test('wordnet-supersenses: 24 classes of 80 glosses for testing, no gloss in both splits', async () => {
    expect(await countsOf('wordnet-supersenses')).toEqual({
      train: { ...each(supersenses, 400), feeling: 349, relation: 356, shape: 260 },
      test: each(supersenses, 80),
    });
    const { train, test: held } = await examplesOf('wordnet-supersenses');
    const bare = ({ text }: TextExample) => (text ?? '').toLowerCase();
    expectNothingShared(train.map(bare), held.map(bare));
    expect([...train, ...held].filter(({ text }) => text?.includes(';'))).toEqual([]);
    expect(new Set(held.slice(0, 100).map(({ label }) => label)).size).toBeGreaterThan(20);
    const labels = new Map([...train, ...held].map(({ text, label }) => [text, label]));
    expect(labels.get('only a thin outer disk of the sun can be seen')).toBe('event');
  });

  test('opinion-words: praise and blame, no stem in both splits', async () => {
    expect(await countsOf('opinion-words')).toEqual({
      train: { negative: 3798, positive: 1580 },
      test: { negative: 981, positive: 423 },
    });
    expectNothingShared(columnOf('opinion-words', 'train', 'stem'), columnOf('opinion-words', 'test', 'stem'));
    const { train, test: held } = await examplesOf('opinion-words');
    const trained = new Map(train.map(({ text, label }) => [text, label]));
    const relatives = held.filter(({ text }) =>
      ['s', 'd', 'ed', 'r', 'er', 'ing', 'ly', 'ness', 'y'].some(
        (ending) =>
          trained.has(`${text}${ending}`) || (text?.endsWith(ending) && trained.has(text.slice(0, -ending.length))),
      ),
    );
    expect(relatives).toEqual([]);
    const labels = new Map([...train, ...held].map(({ text, label }) => [text, label]));
    expect(['love', 'loved', 'hate', 'awful'].map((word) => labels.get(word))).toEqual([
      ...['positive', 'positive', 'negative', 'negative'],
    ]);
  });

  test('state-of-the-union: passages without labels, no address in both splits', async () => {
    const { labels, splits, text } = await (await openBundled('state-of-the-union')).describe();
    expect([labels, text?.labelKind, text?.columns.text]).toEqual([[], 'none', 'text']);
    expect(splits.map(({ exampleCount }) => exampleCount)).toEqual([3935, 857]);
    expectNothingShared(
      columnOf('state-of-the-union', 'train', 'document'),
      columnOf('state-of-the-union', 'test', 'document'),
    );
  });

  test('pronunciation: prompts and completions of sounds, no stem in both splits', async () => {
    const { labels, splits, text } = await (await openBundled('pronunciation')).describe();
    expect(labels).toEqual([]);
    expect(text?.columns).toMatchObject({ text: null, label: null, prompt: 'prompt', completion: 'completion' });
    expect(splits.map(({ exampleCount }) => exampleCount)).toEqual([17567, 1901]);
    expectNothingShared(columnOf('pronunciation', 'train', 'stem'), columnOf('pronunciation', 'test', 'stem'));
    const all = Object.values(await examplesOf('pronunciation')).flat();
    expect(all.filter(({ completion }) => !/^[A-Z]+[012]?( [A-Z]+[012]?)*$/.test(completion ?? ''))).toEqual([]);
    expect(all.find(({ prompt }) => prompt === 'language')?.completion).toBe('L AE1 NG G W AH0 JH');
  });
});
