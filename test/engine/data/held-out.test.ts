import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { heldOutIndices, heldPerClass, withoutHeldOut } from '../../../src-main/engine/data/held-out.ts';
import { openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { sampledIndices } from '../../../src-main/engine/data/subset.ts';
import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import { jsonlFolder } from '../tasks/text-task.ts';
import { idxFolder, temporaryFolder } from './make-data.ts';

const folder = temporaryFolder();

describe('number of held-out examples per class', () => {
  test.each([
    // 10 of 100: 6.0, 3.0, 1.0
    { counts: [60, 30, 10], samples: 10, held: [6, 3, 1] },
    // 5 of 20: 2.25, 1.75, 1.0: the largest remainder is the second's
    { counts: [9, 7, 4], samples: 5, held: [2, 2, 1] },
    // 2 of 8: 0.5 each: the first of equals
    { counts: [2, 2, 2, 2], samples: 2, held: [1, 1, 0, 0] },
    // Two thirds of 9 are 6: the class of one keeps it, so the large one gives one more.
    { counts: [8, 1], samples: 6, held: [6, 0] },
    { counts: [8, 1], samples: 7, held: [7, 0] },
    { counts: [5], samples: 4, held: [4] },
  ])('$samples of $counts', ({ counts, samples, held }) => expect(heldPerClass(counts, samples)).toEqual(held));

  test('more than leaves an example of each class is refused with the most there can be', () => {
    expect(() => heldPerClass([8, 1], 8)).toThrow(
      'validation_samples is 8, but the training split has 9 examples of 2 classes',
    );
    expect(() => heldPerClass([0], 1)).toThrow('validation_samples is 1');
  });
});

test('the draw is pinned, without repeats, and mixes the classes', () => {
  const byClass = [0, 1, 2].map((label) => Array.from({ length: 20 }, (_, index) => 3 * index + label));
  const held = [...heldOutIndices(byClass, 9)];
  expect(new Set(held).size).toBe(9);
  expect([0, 1, 2].map((label) => held.filter((index) => index % 3 === label).length)).toEqual([3, 3, 3]);
  expect(held).toMatchInlineSnapshot(`
    [
      35,
      24,
      1,
      7,
      18,
      54,
      17,
      47,
      19,
    ]
  `);
});

test('max_train_samples draws by the seed, and n + 1 contain n', () => {
  const [few, more] = [sampledIndices(50, 8, 3), sampledIndices(50, 9, 3)];
  expect(few.every((index) => more.includes(index))).toBe(true);
  expect([...few]).toEqual([...new Set(few)].sort((one, other) => one - other));
  expect(sampledIndices(50, 8, 4)).not.toEqual(few);
  expect([...sampledIndices(3, 0, 1)]).toEqual([0, 1, 2]);
  expect([...sampledIndices(3, 9, 1)]).toEqual([0, 1, 2]);
});

test('images: training and validation split part the training images between them', async () => {
  const labels = Array.from({ length: 12 }, (_, index) => index % 2);
  const path = idxFolder(join(folder, 'idx'), { train: labels, t10k: [1, 0] });
  const source = { reader: 'idx', path, options: {} };
  const firstBytes = async (split: 'train' | 'test', settings: Parameters<typeof withoutHeldOut>[1]) => {
    const view = await withoutHeldOut(await openDataset(source), settings);
    if (view.kind !== 'images') throw new Error('these are images');
    const some = view.split(split);
    return Promise.all(
      Array.from(some.labels, async (label, index) => {
        const row = (await some.pixels(index))[0] ?? -1;
        // Labels move with their images.
        if (some.count > 2) expect(label).toBe(row % 2);
        return row;
      }),
    );
  };
  const validation = { eval_split: 'validation', validation_samples: 4 } as const;
  const held = await firstBytes('test', validation);
  const kept = await firstBytes('train', validation);
  expect(held.filter((row) => row % 2 === 0)).toHaveLength(2);
  expect([...held, ...kept].sort((one, other) => one - other)).toEqual([...labels.keys()]);
  // Scored on the test split, the same examples stay out of the training.
  expect(await firstBytes('train', { ...validation, eval_split: 'test' })).toEqual(kept);
  expect(await firstBytes('test', { ...validation, eval_split: 'test' })).toEqual([0, 1]);
  await expect(firstBytes('test', { ...validation, validation_samples: 0 })).rejects.toThrow(
    'eval_split is validation, but validation_samples is 0',
  );
});

test('texts: so too; a label that is only in the split that is not read is among the labels', async () => {
  const rows = (prefix: string, labels: readonly string[]) =>
    labels.map((label, index) => ({ text: `${prefix} ${index}`, label }));
  const training = Array.from({ length: 9 }, (_, index) => (index % 3 === 0 ? 'few' : 'many'));
  const path = jsonlFolder(join(folder, 'texts'), rows('train', training), rows('test', ['many', 'unseen']));
  const view = await withoutHeldOut(await openDataset({ reader: 'jsonl', path, options: {} }), {
    eval_split: 'validation',
    validation_samples: 3,
  });
  if (view.kind !== 'texts') throw new Error('these are texts');
  const all = async (examples: AsyncIterable<TextExample> | undefined) => {
    const found: TextExample[] = [];
    for await (const example of examples ?? []) found.push(example);
    return found;
  };
  const [train, validation] = [await all(view.examples('train')), await all(view.examples('test'))];
  expect(validation.map(({ label }) => label).sort()).toEqual(['few', 'many', 'many']);
  expect(new Set([...train, ...validation].map(({ text }) => text)).size).toBe(9);
  expect([...train.map(({ split }) => split), ...validation.map(({ split }) => split)]).toEqual([
    ...Array(6).fill('train'),
    ...Array(3).fill('test'),
  ]);
  expect((await all(view.unread?.())).map(({ label }) => label)).toEqual(['many', 'unseen']);
});
