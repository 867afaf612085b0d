import { expect, test } from 'vitest';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { compareGroups, namedGroups } from '../../../src-shared/results/compare-groups.ts';
import { runRecord } from '../../backend/reports/records.ts';

function nameOf({ config, datasetId }: RunRecord): string {
  return `${config.coto === null ? 'LoRA' : 'CoTo'}, ${datasetId}`;
}

function changed(run: RunRecord, datasetId: string, learning_rate = 1e-3): RunRecord {
  return { ...run, datasetId, config: { ...run.config, learning_rate } };
}

test('groups are compared with the same settings without CoTo, and only on the same data', () => {
  const runs = [
    changed(runRecord('a', 1, true, 0.73, 300), 'first'),
    changed(runRecord('b', 1, false, 0.7, 300), 'first'),
    changed(runRecord('c', 1, false, 0.5, 300), 'second'),
    changed(runRecord('d', 1, true, 0.4, 300), 'second'),
    changed(runRecord('e', 1, false, 0.6, 300), 'first', 0.01),
    changed(runRecord('f', 1, true, 0.8, 300), 'first', 0.01),
  ];
  const groups = namedGroups(runs, nameOf);
  expect(groups.map(({ label }) => label)).toEqual([
    'LoRA, first · learning rate 0.001',
    'LoRA, second',
    'LoRA, first · learning rate 0.01',
    'CoTo, first · learning rate 0.001',
    'CoTo, second',
    'CoTo, first · learning rate 0.01',
  ]);
  const [accuracy, loss] = compareGroups(groups);
  expect([accuracy?.label, loss?.label]).toEqual(['Accuracy', 'Loss']);
  expect(accuracy?.result.references).toEqual([0, 1, 0, 0, 1, 2]);
  const differences = accuracy?.result.outcomes[0]?.cells.map((cell) => cell?.difference?.mean ?? null);
  expect(differences?.map((value) => (value === null ? null : Math.round(value * 1000)))).toEqual([
    null,
    null,
    -100,
    30,
    -100,
    200,
  ]);
});

test('the difference is paired by seed: seeds of one side only count for its mean alone', () => {
  const runs = [
    ...[1, 2, 3].map((seed) => runRecord(`a${seed}`, seed, false, 0.7 + seed / 100, 300)),
    ...[2, 3].map((seed) => runRecord(`b${seed}`, seed, true, 0.75 + seed / 100, 300)),
    { ...runRecord('unfinished', 4, true, 0, 0), result: null },
  ];
  const [accuracy] = compareGroups(namedGroups(runs, nameOf));
  const [without, coto] = accuracy?.result.outcomes[0]?.cells ?? [];
  expect(without?.own.n).toBe(3);
  expect(without?.own.mean).toBeCloseTo(0.72, 12);
  expect(coto?.own.n).toBe(2);
  expect(coto?.difference?.n).toBe(2);
  expect(coto?.difference?.mean).toBeCloseTo(0.05, 12);
  expect(accuracy?.result.outcomes[0]?.notes).toEqual(['1 of 6 runs have no result.']);
});
