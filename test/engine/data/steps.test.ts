import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { DataSteps } from '../../../src-main/engine/data/steps/data-steps.ts';
import { parseDataSteps } from '../../../src-shared/domain/data/data-steps.ts';
import type { ReadRow } from '../../../src-shared/domain/data/dataset.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
/** 40 training rows, of them 10 repeated and 5 that are tests too; 20 tests; two faulty rows. */
const rows = [
  ...Array.from({ length: 25 }, (_, at) => ({
    text: `train ${at}`,
    label: at % 2 === 0 ? 'neg' : 'pos',
    split: 'train',
  })),
  ...Array.from({ length: 10 }, (_, at) => ({ text: `train ${at}`, label: 'pos', split: 'train' })),
  ...Array.from({ length: 5 }, (_, at) => ({ text: `test ${at}`, label: 'pos', split: 'train' })),
  ...Array.from({ length: 20 }, (_, at) => ({ text: `test ${at}`, label: 'neg', split: 'test' })),
  { text: '', label: 'neg', split: 'train' },
  { text: '  ', label: 'neg', split: 'test' },
];
const path = join(home, 'rows.jsonl');
writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));

async function read(steps: string) {
  const opened = await openDataset({ ...(await detectReader(path)), options: { steps } });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const texts: Record<'train' | 'test', string[]> = { train: [], test: [] };
  // Every reading has the same rows.
  for (const split of ['train', 'test', 'train', 'test'] as const) {
    const found: string[] = [];
    for await (const { text, label } of opened.examples(split)) found.push(`${text} ${String(label)}`);
    if (texts[split].length > 0) expect(found).toEqual(texts[split]);
    texts[split] = found;
  }
  const { splits, labels, text, problems } = await opened.describe();
  expect(splits.map(({ exampleCount }) => exampleCount)).toEqual([texts.train.length, texts.test.length]);
  return { ...texts, labels, text, problems };
}

test.each([
  ['', 40, 20, 2],
  ['drop-duplicates', 30, 20, 2],
  ['drop-leaks', 35, 20, 2],
  ['drop-faulty', 40, 20, 0],
  ['sample=7', 7, 20, 2],
  ['sample=1000', 40, 20, 2],
  ['drop-duplicates; drop-leaks; sample=7@3; drop-faulty', 7, 20, 0],
  ['drop-duplicates\ndrop-leaks', 25, 20, 2],
])('"%s" leaves %d rows to train on, %d to test on and %d faulty ones', async (steps, train, tests, faulty) => {
  const found = await read(steps);
  expect([found.train.length, found.test.length, found.text?.faultyRows]).toEqual([train, tests, faulty]);
});

test('reports the rows that a step leaves out, which follow from the rules', async () => {
  const found = await read('drop-duplicates; drop-leaks; rename-label=neg:negative; rename-label=pos:positive');
  expect(found.text?.notes).toEqual([
    'The step drop-duplicates left out 10 rows.',
    'The step drop-leaks left out 5 rows.',
  ]);
  expect(found.labels).toEqual(['negative', 'positive']);
  // The first of equal rows stays; the test stays what it is.
  expect(found.train).toEqual(
    Array.from({ length: 25 }, (_, at) => `train ${at} ${at % 2 === 0 ? 'negative' : 'positive'}`),
  );
  expect(found.problems.filter(({ message }) => message.includes('both splits'))).toEqual([]);
});

test('a seed draws the same rows, more of them contain fewer, and another seed draws others', async () => {
  const [few, more, other] = [await read('sample=5'), await read('sample=15'), await read('sample=5@1')];
  expect(more.train).toEqual(expect.arrayContaining(few.train));
  expect(other.train).not.toEqual(few.train);
});

test('the reading before the first one ends with its signal, and a later one counts each row once', async () => {
  const opened = await openDataset({ ...(await detectReader(path)), options: {} });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const batches: ReadRow[][] = [];
  for await (const example of opened.examples('train')) batches.push([{ kind: 'example', example }]);
  const steps = new DataSteps([{ step: 'sample', rows: 7, seed: 0 }]);
  const leaving = new AbortController();
  let read = 0;
  async function* readAll() {
    for (const rows of batches) {
      if (++read === 3) leaving.abort(new Error('the window was closed'));
      yield rows;
    }
  }
  await expect(steps.prepare(readAll, leaving.signal)).rejects.toThrow('the window was closed');
  expect(read).toBe(3);
  await steps.prepare(readAll);
  expect(read).toBe(3 + batches.length);
  const fresh = new DataSteps([{ step: 'sample', rows: 7, seed: 0 }]);
  await fresh.prepare(readAll);
  expect(steps.begin().take(batches.flat())).toEqual(fresh.begin().take(batches.flat()));
  expect(steps.begin().take(batches.flat())).toHaveLength(7);
});

test('a description hands its signal to the reading before it, and the next one reads anew', async () => {
  const growing = join(home, 'growing.jsonl');
  const lines = rows.slice(0, 25).map((row) => JSON.stringify(row));
  writeFileSync(growing, lines.slice(0, 10).join('\n'));
  const opened = await openDataset({ ...(await detectReader(growing)), options: { steps: 'sample=7' } });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const signal = AbortSignal.abort(new Error('left'));
  await expect(opened.describe({ signal })).rejects.toThrow('left');
  // Had all rows been read before the signal was seen, the sample would be one of ten.
  writeFileSync(growing, lines.join('\n'));
  expect((await opened.describe()).splits[0]?.exampleCount).toBe(7);
});

test('the preview has the steps that need no more than the first rows', async () => {
  const source = await detectReader(path);
  const shown = await inspectDataset({ ...source, options: { steps: 'drop-faulty; rename-label=neg:bad; sample=3' } });
  expect(shown).toMatchObject({ rowsRead: 60, faultyRows: 0, labels: ['bad', 'pos'] });
  const wrong = await inspectDataset({ ...source, options: { steps: 'drop-everything' } });
  expect(wrong?.misfit).toMatchObject({ message: 'steps: "drop-everything" is no step.' });
});

test.each(['sample', 'sample=0', 'sample=-1', 'sample=many', 'rename-label=a', 'rename-label=:b', 'x; drop-leaks'])(
  'no step: %s',
  (text) => {
    expect(parseDataSteps(text)).toMatch(/^".*" is no step\.$/);
  },
);
