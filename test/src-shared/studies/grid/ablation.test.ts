import { describe, expect, it } from 'vitest';
import { catalog } from '../../../../src-main/backend/app/catalog.ts';
import { studyWork } from '../../../../src-main/engine/studies/index.ts';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';
import type { Score } from '../../../../src-shared/domain/studies/plan.ts';
import { signFlipTest } from '../../../../src-shared/statistics/permutation-test.ts';
import { catalogWords, wordsOfFiles } from '../../../../src-shared/studies/config/catalog-words.ts';
import type { StudyWords } from '../../../../src-shared/studies/define-study.ts';
import { ablationStudy } from '../../../../src-shared/studies/grid/ablation.ts';
import { gridFromText } from '../../../../src-shared/studies/grid/grid-cells.ts';
import { choicesFromText } from '../../../../src-shared/studies/grid/grid-choices.ts';
import { outcomesOf } from '../../../../src-shared/studies/grid/grid-schemas.ts';
import { sweepStudy } from '../../../../src-shared/studies/grid/sweep.ts';
import { studyConfigSchema, studyResultSchema } from '../../../../src-shared/studies/index.ts';

const words = { mergeMethod: (id: string) => id };
const run = runConfigSchema.parse({
  max_steps: 20,
  eval_samples: 100,
  adapter: { variant: 'lora', parameters: { r: 4 } },
});

function missing(key: string): never {
  throw new Error(`no score ${key}`);
}

/** Two cells on three seeds: differences 3, 2 and 4 points. */
const accuracies = [
  [0.7, 0.72, 0.74],
  [0.73, 0.74, 0.78],
];
function folded() {
  const config = studyConfigSchema.parse({ kind: 'ablation', run, grid: { coto: [null, {}] }, seeds: [5, 6, 7] });
  const work = studyWork('ablation');
  const scores = work.plan(config).filter((spec) => spec.kind === 'score');
  expect(scores).toHaveLength(6);
  const known = new Map(
    scores.map(({ key }, at): [string, Score] => {
      const accuracy = accuracies[Math.floor(at / 3)]?.[at % 3] ?? 0;
      return [key, { accuracy, loss: 1 - accuracy, metrics: {}, examples: 100, kept: null, total: null }];
    }),
  );
  const result = work.fold(config, (key) => known.get(key) ?? missing(key));
  if (result.kind !== 'ablation') throw new Error('another kind');
  return { config, result };
}

describe('an ablation', () => {
  it('plans a run for each cell and seed, and a score of each', () => {
    const config = {
      kind: 'ablation',
      run,
      grid: { 'adapter.r': [4, 8], 'coto.stage1_ratio': [0.5], learning_rate: [1e-3, 2e-3] },
      seeds: [1, 2],
    };
    const specs = studyWork('ablation').plan(studyConfigSchema.parse(config));
    const trainings = specs.filter((spec) => spec.kind === 'train');
    expect(trainings.map(({ title }) => title).slice(0, 3)).toEqual([
      'rank 4, stage 1 ratio 0.5, learning rate 0.001 · seed 1',
      'rank 4, stage 1 ratio 0.5, learning rate 0.001 · seed 2',
      'rank 4, stage 1 ratio 0.5, learning rate 0.002 · seed 1',
    ]);
    expect(trainings).toHaveLength(8);
    expect(trainings[7]?.config).toMatchObject({
      seed: 2,
      learning_rate: 2e-3,
      max_steps: 20,
      coto: { stage1_ratio: 0.5, initial_p: 0.1 },
      adapter: { variant: 'lora', parameters: { r: 8 } },
    });
    const scores = specs.filter((spec) => spec.kind === 'score');
    expect(scores.map(({ subject }) => subject)).toEqual(
      trainings.map(({ key }) => ({ kind: 'trained', training: key })),
    );
    expect(new Set(scores.map(({ key }) => key)).size).toBe(8);
  });

  it('takes means and paired differences with their 95 % intervals over seeds, worked by hand', () => {
    const { result } = folded();
    const [alone] = outcomesOf(result);
    const [reference, coto] = alone?.cells ?? [];
    // t(0.975, 2) = 4.302653. Reference: mean 72, s 2. With CoTo: mean 75, s = √7 = 2.645751.
    expect(reference?.own.mean).toBeCloseTo(0.72, 12);
    expect(reference?.own.halfWidth).toBeCloseTo((4.302653 * 0.02) / Math.sqrt(3), 7);
    expect(reference?.difference).toBeNull();
    expect(coto?.own.mean).toBeCloseTo(0.75, 12);
    expect(coto?.own.halfWidth).toBeCloseTo((4.302653 * 0.02645751) / Math.sqrt(3), 7);
    // Differences 3, 2, 4: mean 3, s 1. Unpaired, the interval would hold zero; paired, it does not.
    expect(coto?.difference?.mean).toBeCloseTo(0.03, 12);
    expect(coto?.difference?.halfWidth).toBeCloseTo((4.302653 * 0.01) / Math.sqrt(3), 7);
    // All three of one sign: 2 of 8 patterns lie as far out, and none could further.
    expect(coto?.difference?.permutation).toEqual({ p: 0.25, smallest: 0.25, exact: true });
    // Scores of an earlier version know no single examples.
    expect(coto?.difference?.bootstrap).toBeNull();
  });

  it('shows a result of an earlier version, whose cells have scores by seed and no more', () => {
    const { config, result } = folded();
    const old = {
      kind: 'ablation',
      examples: 100,
      metric: 'accuracy',
      reference: 0,
      cells: result.cells.map(({ label, settings, coto }, at) => ({
        label,
        settings,
        coto,
        scores: (accuracies[at] ?? []).map((value, seed) => ({ seed: seed + 5, value })),
      })),
    };
    const [table] = ablationStudy.table(studyResultSchema.parse(old), config, words);
    expect(table?.rows).toEqual([
      { cells: ['without CoTo (reference)', '70.0, 72.0, 74.0', '72.0', '5.0', '–', '–', '–'] },
      { cells: ['CoTo', '73.0, 74.0, 78.0', '75.0', '6.6', '+3.0', '2.5', '–'] },
    ]);
  });

  it('writes them in its table, and draws them with error bars', () => {
    const { config, result } = folded();
    const [table] = ablationStudy.table(result, config, words);
    expect(table?.rows.map(({ cells }) => cells)).toEqual([
      ['without CoTo (reference)', '70.0, 72.0, 74.0', '72.0', '5.0', '–', '–', '–', '–', '–'],
      // t = 3 √3 with 2 degrees: p = 1 − t / √(t² + 2).
      ['CoTo', '73.0, 74.0, 78.0', '75.0', '6.6', '+3.0', '2.5', '0.035', '0.035', '0.250'],
    ]);
    expect(table?.title).toContain('over seeds only');
    const [cells, differences] = ablationStudy
      .figures(result, config, words)
      .map((figure) => figure.draw({ dark: false }));
    const means = cells?.data.find(({ name }) => name === 'mean');
    expect(means).toMatchObject({ mode: 'markers', y: [expect.closeTo(72, 9), expect.closeTo(75, 9)] });
    // Intervals reach from 67.03 to 81.57; around their middle, 4 standard errors of 73.5 % of 100 examples, 17.65 points.
    const { range } = Object(cells?.layout['yaxis']);
    expect(range).toEqual([expect.closeTo(65.475, 2), expect.closeTo(83.129, 2)]);
    expect(cells?.caption).toContain('95 % interval');
    const [points] = differences?.data ?? [];
    expect(points).toMatchObject({ x: [1], error_y: { type: 'data' } });
    expect(points?.['y']).toEqual([expect.closeTo(3, 9)]);
  });

  it('says settings and methods in words, and by their ids in files, of whatever version the result is', () => {
    const config = studyConfigSchema.parse({
      kind: 'ablation',
      run,
      grid: { 'adapter.variant': ['lora', 'dora'], learning_rate: [1e-3] },
      seeds: [1],
      scores: choicesFromText('alone\nmerge ties of=all density=0.2\nprune magnitude sparsity=0.5'),
    });
    const words = { ...catalogWords(catalog), recordName: (id: string) => `"${id}"` };
    const facts = ablationStudy.describeConfig(config, words);
    expect(facts.find(({ label }) => label === 'Data')?.value).toBe('"fashion-mnist-small"');
    expect(facts.find(({ label }) => label === 'Grid')?.value).toBe('variant × 2, learning rate × 1');
    expect(facts.find(({ label }) => label === 'Scored')?.value).toBe(
      'Alone, TIES of all seeds (density 0.2), 50 % zeroed',
    );
    // Labels of cells from an earlier version.
    const result = studyResultSchema.parse({
      kind: 'ablation',
      examples: 100,
      metric: 'accuracy',
      reference: 0,
      cells: ['lora', 'dora'].map((variant) => ({
        label: `variant = ${variant}, learning_rate = 0.001`,
        settings: { 'adapter.variant': variant, learning_rate: 0.001 },
        coto: false,
        scores: [{ seed: 1, value: 0.7 }],
      })),
    });
    const first = (of: StudyWords) => ablationStudy.table(result, config, of)[0]?.rows.map(({ cells }) => cells[0]);
    expect(first(words)).toEqual(['LoRA, learning rate 0.001 (reference)', 'DoRA, learning rate 0.001']);
    expect(first(wordsOfFiles(words))).toEqual([
      'variant = lora, learning_rate = 0.001 (reference)',
      'variant = dora, learning_rate = 0.001',
    ]);
    const titles = ablationStudy
      .figures(result, config, words)
      .map((figure) => JSON.stringify(figure.draw({ dark: false })));
    expect(titles.join()).toContain('Difference of each cell to \\"LoRA, learning rate 0.001\\"');
    expect(titles.join()).not.toContain('variant = ');
  });

  it('has six seeds by default, the fewest whose sign flips can go below 0.05, and extends a sweep of its rates', () => {
    for (const { declaration } of [ablationStudy, sweepStudy]) {
      const defaults = new Map(declaration.parameters.map((parameter) => [parameter.name, parameter.default]));
      expect(defaults.get('seeds')).toEqual([1, 2, 3, 4, 5, 6]);
      expect(defaults.get('tune_extend')).toBe(2);
    }
    expect(signFlipTest([1, 2, 3, 4, 5, 6]).smallest).toBeLessThan(0.05);
    expect(signFlipTest([1, 2, 3, 4, 5]).smallest).toBeGreaterThan(0.05);
    const given = {
      kind: 'multitask',
      tasks: [{ dataset: 'a' }, { dataset: 'b' }],
      run: {},
      tune: { learning_rate: [1, 2, 3], seeds: [1] },
    };
    expect(studyConfigSchema.parse(given)).toMatchObject({ seeds: [1, 2, 3, 4, 5, 6], tune: { extend: 2 } });
  });

  it('reads a grid as it is typed, and leaves out parameters that another variant has not', () => {
    expect(gridFromText('learning_rate: 5e-4, 1e-3\n\ncoto: off, on, {"stage1_ratio": 0.5, "initial_p": 0.2}')).toEqual(
      {
        learning_rate: [5e-4, 1e-3],
        coto: [null, {}, { stage1_ratio: 0.5, initial_p: 0.2 }],
      },
    );
    expect(gridFromText('adapter.variant: lora, dora')).toEqual({ 'adapter.variant': ['lora', 'dora'] });
    expect(() => gridFromText('learning_rate 1e-3')).toThrow(/not a line of a grid/);
    const other = { ...run, adapter: { ...run.adapter, parameters: { ...run.adapter.parameters, nobody_has: 1 } } };
    const [first] = studyWork('ablation').plan(
      studyConfigSchema.parse({ kind: 'ablation', run: other, grid: { 'adapter.variant': ['dora'] }, seeds: [1] }),
    );
    expect(first?.kind === 'train' && first.config.adapter).toMatchObject({ variant: 'dora', parameters: { r: 4 } });
    expect(first?.kind === 'train' && first.config.adapter.parameters).not.toHaveProperty('nobody_has');
  });

  it('reads what is scored as it is typed', () => {
    expect(
      choicesFromText('alone\nmerge factor-average\n\nprune magnitude sparsity=0.5\nprune layer-third third=low'),
    ).toEqual([
      'alone',
      { merge: 'factor-average', parameters: {}, of: 'pairs' },
      { prune: 'magnitude', parameters: { sparsity: 0.5 } },
      { prune: 'layer-third', parameters: { third: 'low' } },
    ]);
    expect(choicesFromText('merge ties of=all density=0.2')).toEqual([
      { merge: 'ties', parameters: { density: 0.2 }, of: 'all' },
    ]);
    expect(() => choicesFromText('merge')).toThrow(/nothing to score/);
    expect(() => choicesFromText('prune magnitude 0.5')).toThrow(/nothing to score/);
  });

  it('names what makes no run, no cell or no metric', () => {
    const plan = (more: object) =>
      studyWork('ablation').plan(studyConfigSchema.parse({ kind: 'ablation', run, seeds: [1], ...more }));
    expect(() => plan({ grid: { learning_rat: [1] } })).toThrow(/learning_rat/);
    expect(() => plan({ grid: { max_steps: [-3] } })).toThrow(/max_steps/);
    expect(() => plan({ grid: { seed: [1] } })).toThrow(/give seeds/);
    expect(() => plan({ grid: { coto: [null, {}] }, reference: { coto: 7 } })).toThrow(/is not in the grid/);
    const config = studyConfigSchema.parse({
      kind: 'ablation',
      run,
      grid: { coto: [null] },
      seeds: [1],
      metric: 'bleu',
    });
    const score = { accuracy: 0.5, loss: 1, metrics: { f1_macro: 0.4 }, examples: 9, kept: null, total: null };
    expect(() => studyWork('ablation').fold(config, () => score)).toThrow(/no metric "bleu"/);
  });
});
