import { expect, test } from 'vitest';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { cellRun } from '../../../../src-main/engine/studies/grid/grid-run.ts';
import { checkDraft, type Draft, defaultDraft } from '../../../../src-renderer/features/train/draft.ts';
import {
  axisValues,
  type Sweep,
  sweepFields,
  sweepGrid,
  sweepMetric,
  sweepRuns,
  valuesFromText,
} from '../../../../src-renderer/features/train/sweep.ts';
import { cellsOf } from '../../../../src-shared/studies/grid/grid-cells.ts';

const variants = adapterVariants.map(({ declaration }) => declaration);
const alone: Sweep = { axes: [], seeds: [], paired: false };
const specOf = (name: string) => {
  const spec = sweepFields(defaultDraft, variants).find((one) => one.name === name);
  if (spec === undefined) throw new Error(`no field ${name}`);
  return spec;
};

test('a study of a sweep compares the metric of the task', () => {
  const metricOf = (...given: Parameters<typeof sweepMetric>) => sweepMetric(...given);
  expect(metricOf('token-classification', 'tags')).toBe('entity_f1');
  expect(metricOf('qa', 'none')).toBe('answer_f1');
  expect(metricOf('causal-lm', 'none')).toBe('loss');
  expect([metricOf('text-classification', 'classes'), metricOf('text-classification', 'numbers')]).toEqual([
    'accuracy',
    'loss',
  ]);
  expect([metricOf('embedding', 'none'), metricOf('embedding', 'classes'), metricOf('embedding', 'numbers')]).toEqual([
    'ndcg_at_10',
    'average_precision',
    'spearman',
  ]);
  expect([metricOf('image-classification', undefined), metricOf(null, undefined)]).toEqual(['accuracy', 'accuracy']);
});

test('values are read from lists and ranges, each once', () => {
  expect(valuesFromText('1-3, 7 3')).toEqual([1, 2, 3, 7]);
  expect(valuesFromText('1e-4, 0.003')).toEqual([1e-4, 0.003]);
  expect(valuesFromText('')).toEqual([]);
});

test('every kind of field has its values: numbers, choices, switches, modules, maps', () => {
  expect(axisValues(specOf('learning_rate'), '1e-3, 3e-3, 1e-3', [])).toEqual([1e-3, 3e-3]);
  expect(axisValues(specOf('adapter.variant'), '', ['lora', 'dora'])).toEqual(['lora', 'dora']);
  expect(axisValues(specOf('coto.granularity'), '', ['layer', 'module'])).toEqual(['layer', 'module']);
  expect(axisValues(specOf('gradient_checkpointing'), '', ['true', 'false'])).toEqual([true, false]);
  expect(axisValues(specOf('adapter.target_modules'), 'all-linear\nq_proj, v_proj\n', [])).toEqual([
    'all-linear',
    ['q_proj', 'v_proj'],
  ]);
  expect(axisValues(specOf('adapter.rank_pattern'), 'q_proj=4', [])).toEqual([{ q_proj: 4 }]);
  expect(axisValues(specOf('data_seed'), 'none 3', [])).toEqual([null, 3]);
});

test('any field can be swept but the seeds and the switch of CoTo, which have inputs of their own', () => {
  const names = sweepFields(defaultDraft, variants).map(({ name }) => name);
  for (const name of [
    'learning_rate',
    'adapter.r',
    'adapter.variant',
    'coto.curve',
    'optim',
    'lr_scheduler_type',
    'task',
  ])
    expect(names).toContain(name);
  expect(names).not.toContain('seed');
  expect(names).not.toContain('coto');
});

test('a sweep makes every combination, the first field changing slowest and the seed fastest', () => {
  const { runs, problem } = sweepRuns(
    defaultDraft,
    {
      axes: [
        { field: 'adapter.variant', values: ['lora', 'dora'] },
        { field: 'learning_rate', values: [1e-3, 2e-3] },
      ],
      seeds: [1, 2],
      paired: false,
    },
    'fashion',
    variants,
  );
  expect(problem).toBeNull();
  expect(runs.map(({ config }) => [config.adapter.variant, config.learning_rate, config.seed])).toEqual([
    ['lora', 1e-3, 1],
    ['lora', 1e-3, 2],
    ['lora', 2e-3, 1],
    ['lora', 2e-3, 2],
    ['dora', 1e-3, 1],
    ['dora', 1e-3, 2],
    ['dora', 2e-3, 1],
    ['dora', 2e-3, 2],
  ]);
  expect(runs[7]?.name).toBe('fashion · DoRA · learning_rate 0.002 · seed 2');
});

test('a baseline without CoTo is run once, whatever CoTo’s own settings are', () => {
  const sweep: Sweep = {
    axes: [
      { field: 'coto.stage1_ratio', values: [0.5, 0.75] },
      { field: 'adapter.r', values: [2, 4] },
    ],
    seeds: [1],
    paired: true,
  };
  const { runs } = sweepRuns(defaultDraft, sweep, 'x', variants);
  expect(runs.map(({ config }) => [config.adapter.parameters['r'], config.coto?.stage1_ratio ?? null])).toEqual([
    [2, null],
    [2, 0.5],
    [2, 0.75],
    [4, null],
    [4, 0.5],
    [4, 0.75],
  ]);
  expect(runs[0]?.name).toBe('x · without CoTo · r 2 · seed 1');
  expect(runs[1]?.name).toBe('x · CoTo · r 2 · stage1_ratio 0.5 · seed 1');
  expect(sweepGrid(defaultDraft, sweep, variants)).toEqual({
    coto: [null, { stage1_ratio: 0.5 }, { stage1_ratio: 0.75 }],
    'adapter.r': [2, 4],
  });
});

test('without fields and seeds it is the run of the form, with a pair two of them', () => {
  const draft: Draft = { ...defaultDraft, seed: 9 };
  expect(sweepRuns(draft, alone, '', variants).runs.map(({ config }) => [config.seed, config.coto])).toEqual([
    [9, null],
  ]);
  const pair = sweepRuns(
    draft,
    { ...alone, paired: true },
    (config) => (config.coto ? 'LoRA + CoTo' : 'LoRA'),
    variants,
  );
  expect(pair.runs.map(({ name }) => name)).toEqual(['LoRA', 'LoRA + CoTo']);
  expect(sweepGrid(draft, alone, variants)).toEqual({});
});

test('a name made of the config says the variant once', () => {
  const { runs } = sweepRuns(
    defaultDraft,
    { axes: [{ field: 'adapter.variant', values: ['lora', 'dora'] }], seeds: [1], paired: false },
    (config) => config.adapter.variant,
    variants,
  );
  expect(runs.map(({ name }) => name)).toEqual(['lora · seed 1', 'dora · seed 1']);
});

test('runs that come out equal are run once', () => {
  // IA³ has no rank.
  const axes = [
    { field: 'adapter.variant', values: ['lora', 'ia3'] },
    { field: 'adapter.r', values: [2, 4] },
  ];
  const { runs } = sweepRuns(defaultDraft, { ...alone, axes }, '', variants);
  expect(runs.map(({ config }) => config.adapter.variant)).toEqual(['lora', 'lora', 'ia3']);
});

test('a study of the sweep trains the same runs', () => {
  const draft: Draft = { ...defaultDraft, coto: true, 'coto.initial_p': 0.2, learning_rate: 2e-3 };
  const sweep: Sweep = {
    axes: [
      { field: 'adapter.variant', values: ['lora', 'dora'] },
      { field: 'adapter.target_modules', values: ['all-linear', ['q_proj']] },
      { field: 'coto.curve', values: ['linear', 'sine'] },
    ],
    seeds: [1, 2],
    paired: true,
  };
  const run = checkDraft(draft, variants).config;
  if (run === null) throw new Error('not a run');
  const grid = sweepGrid(draft, sweep, variants);
  // Values left out of a cell are the variant's defaults, which the backend fills in.
  const ofStudy = cellsOf(grid).flatMap((cell) => sweep.seeds.map((seed) => cellRun({ run, grid }, cell, seed)));
  const shown = (configs: readonly (typeof run)[]) =>
    configs
      .map(({ seed, coto, learning_rate, adapter: { variant, target_modules } }) =>
        JSON.stringify({ seed, coto, learning_rate, variant, target_modules }),
      )
      .sort();
  const ofQueue = sweepRuns(draft, sweep, '', variants).runs.map(({ config }) => config);
  expect(ofQueue).toHaveLength(24);
  expect(shown(ofStudy)).toEqual(shown(ofQueue));
});

test('a refused value makes no run and says which field; too many are refused', () => {
  const refused = sweepRuns(defaultDraft, { ...alone, axes: [{ field: 'adapter.r', values: [4, 0] }] }, '', variants);
  expect(refused).toEqual({ runs: [], problem: 'Rank: Must be at least 1.' });
  const many = sweepRuns(
    defaultDraft,
    { ...alone, seeds: Array.from({ length: 201 }, (_, seed) => seed) },
    '',
    variants,
  );
  expect(many.problem).toBe('201 runs are more than the 200 of one sweep.');
});
