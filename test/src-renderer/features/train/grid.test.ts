import { expect, test } from 'vitest';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { defaultDraft } from '../../../../src-renderer/features/train/draft.ts';
import { expandGrid, gridFields, valuesFromText } from '../../../../src-renderer/features/train/grid.ts';

const variants = adapterVariants.map(({ declaration }) => declaration);

test('values are read from lists and ranges, each once', () => {
  expect(valuesFromText('1-3, 7 3')).toEqual([1, 2, 3, 7]);
  expect(valuesFromText('1e-4, 0.003')).toEqual([1e-4, 0.003]);
  expect(valuesFromText('')).toEqual([]);
});

test('a grid makes every combination, the first axis changing slowest', () => {
  const { runs, problem } = expandGrid(
    defaultDraft,
    [
      { field: 'coto', values: [false, true] },
      { field: 'adapter.r', values: [2, 4] },
      { field: 'seed', values: [1, 2] },
    ],
    'fashion',
    variants,
  );
  expect(problem).toBeNull();
  expect(runs.map((run) => [run.config.coto !== null, run.config.adapter.parameters['r'], run.config.seed])).toEqual([
    [false, 2, 1],
    [false, 2, 2],
    [false, 4, 1],
    [false, 4, 2],
    [true, 2, 1],
    [true, 2, 2],
    [true, 4, 1],
    [true, 4, 2],
  ]);
  expect(runs[7]?.name).toBe('fashion · CoTo · r 4 · seed 2');
});

test('a grid that was given no name calls each run by what it trains', () => {
  const { runs } = expandGrid(
    defaultDraft,
    [
      { field: 'coto', values: [false, true] },
      { field: 'seed', values: [1] },
    ],
    (config) => (config.coto ? 'LoRA + CoTo' : 'LoRA'),
    variants,
  );
  expect(runs.map((run) => run.name)).toEqual(['LoRA · seed 1', 'LoRA + CoTo · seed 1']);
});

test('a grid with a refused value queues nothing and says which', () => {
  const { runs, problem } = expandGrid(defaultDraft, [{ field: 'adapter.r', values: [4, 0] }], '', variants);
  expect(runs).toEqual([]);
  expect(problem).toBe('adapter.r: Must be at least 1.');
  expect(
    expandGrid(defaultDraft, [{ field: 'seed', values: valuesFromText('1-900') }], '', variants).problem,
  ).toContain('200');
});

test('a grid runs over numeric fields of every card', () => {
  expect(gridFields(defaultDraft, variants)).toContain('learning_rate');
  expect(gridFields(defaultDraft, variants)).toContain('adapter.r');
  expect(gridFields(defaultDraft, variants)).toContain('coto.stage1_ratio');
  expect(gridFields(defaultDraft, variants)).not.toContain('lr_scheduler_type');
});
