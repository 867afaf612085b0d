import { expect, test } from 'vitest';
import { comparedScores, groupTable, usualReference } from '../../../src-shared/results/group-table.ts';
import { groupRuns } from '../../../src-shared/results/run-groups.ts';
import { makeRun } from '../../src-renderer/features/runs/run-records.ts';

const groups = groupRuns([
  makeRun('1', { seed: 1, accuracy: 0.6 }),
  makeRun('2', { seed: 2, accuracy: 0.7 }),
  makeRun('3', { seed: 1, coto: true, accuracy: 0.62 }),
  makeRun('4', { seed: 2, coto: true, accuracy: 0.74 }),
  makeRun('5', { seed: 1, learning_rate: 0.01, accuracy: 0.5 }),
]);
const [plain, coto, faster] = groups;
const scores = comparedScores(groups);

test('each group has its mean over seeds, and with CoTo the paired difference to its own baseline', () => {
  expect(scores.map(({ id }) => id)).toEqual(['accuracy']);
  const rows = groupTable(groups, scores, null);
  expect(rows.map(({ seeds, intervals }) => [seeds, intervals[0]?.mean])).toEqual([
    [2, expect.closeTo(0.65, 12)],
    [2, expect.closeTo(0.68, 12)],
    [1, 0.5],
  ]);
  // Seed 1: +0.02, seed 2: +0.04.
  expect(rows.map(({ reference, differences }) => [reference, differences[0]?.mean ?? null])).toEqual([
    [null, null],
    [plain, expect.closeTo(0.03, 12)],
    [null, null],
  ]);
});

test('or every group to a chosen one, over the seeds in common; the reference has none to itself', () => {
  const rows = groupTable(groups, scores, faster?.key ?? '');
  expect(rows.map(({ differences }) => differences[0] ?? null)).toEqual([
    { n: 1, mean: expect.closeTo(0.1, 12), halfWidth: null },
    { n: 1, mean: expect.closeTo(0.12, 12), halfWidth: null },
    null,
  ]);
});

test('the first group is the reference if none has a baseline', () => {
  expect(usualReference(groups)).toBeNull();
  expect(usualReference(groups.filter((group) => group !== coto))).toBe(plain?.key);
});
