import { expect, test } from 'vitest';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { passesOf, SubjectScorer } from '../../../src-main/engine/evaluation/score-subjects.ts';
import type { StudyAdapters } from '../../../src-main/engine/studies/define-study-work.ts';
import { studyWork } from '../../../src-main/engine/studies/index.ts';
import { lambdaGrid } from '../../../src-main/engine/studies/interpolation/interpolation.ts';
import type { Score } from '../../../src-shared/domain/studies/plan.ts';
import { pruningStudy } from '../../../src-shared/studies/adapters/pruning.ts';
import { type StudyConfig, studyConfigSchema, studyResultSchema } from '../../../src-shared/studies/index.ts';
import { mergingStudy } from '../../../src-shared/studies/merging/merging.ts';
import { change, description, factors, state } from '../merge/states.ts';
import { studyAdapters } from './study-adapters.ts';

const module = 'vit.layers.0.attention.q_proj';
/** An adapter whose one entry of A is `value`. */
const numbered = (value: number) => state({ [module]: factors([[value, 0]], [[1], [0]], 1) });

/** Does a plan on adapters whose outputs are made of themselves, so that what was scored can be read from the result. */
async function studied(given: unknown, adapters: Record<string, AdapterState>, facts: StudyAdapters | null = null) {
  const asked: StudyConfig = studyConfigSchema.parse(given);
  const work = studyWork(asked.kind);
  const config = facts === null ? asked : await work.fit(asked, facts);
  const specs = work.plan(config).filter((spec) => spec.kind === 'score');
  const phases: string[] = [];
  const scorer = new SubjectScorer({
    base: { description: description(12), directory: '' },
    // On the tuning examples it is best to say −1.
    tuning: () => ({
      score: async (candidate) => {
        const { a, b } = candidate.get(module) ?? { a: null, b: null };
        return a && b ? -Math.abs((a.data[0] ?? 0) * (b.data[0] ?? 0) + 1) : -1;
      },
      inputs: () => Promise.reject(new Error('not asked for')),
      loss: () => Promise.reject(new Error('not asked for')),
      masks: () => ({ score: () => Promise.reject(new Error('not asked for')) }),
      close: async () => undefined,
    }),
    async adapter(adapterId) {
      const found = adapters[adapterId];
      if (!found) throw new Error('unknown adapter');
      return found;
    },
    // Equal to the adapter's value.
    forgetting: async (scored) => {
      const factor = scored.modules.get(module);
      const rise = factor ? (change(factor)[0] ?? 0) : 0;
      return { measure: 'text-loss', base: 3, adapted: 3 + rise, rise, accuracy: null, count: 10 };
    },
    datasets: [
      {
        examples: 2,
        requireFit: () => undefined,
        async outputs(scored, phase) {
          phases.push(phase);
          const factor = scored.modules.get(module);
          // Two examples of label 0 and 1; the adapter's value is how sure it is of label 0 in both.
          const sure = factor ? (change(factor)[0] ?? 0) : 0;
          return {
            kind: 'classes',
            logits: Float32Array.from([sure, 0, sure, 0]),
            labels: Int32Array.from([0, 1]),
            classCount: 2,
          };
        },
      },
    ],
  });
  const scores = new Map<string, Score>();
  for (const spec of specs) scores.set(spec.key, await scorer.score({ ...spec, dataset: 0 }));
  const result = work.fold(config, (key) => {
    const score = scores.get(key);
    if (!score) throw new Error(`no score ${key}`);
    return score;
  });
  return {
    result,
    phases,
    passes: passesOf(
      specs.map(({ subject }) => ({ subject, dataset: 0 })),
      () => false,
    ).length,
  };
}

/** The mean loss of the two examples for an adapter of that value: softplus, once as it is and once by its negative. */
const lossOf = (sure: number) => (Math.log1p(Math.exp(-sure)) + Math.log1p(Math.exp(sure))) / 2;

const line = (more: object = {}) => ({
  kind: 'interpolation',
  dataset: 'data',
  points: 5,
  pairs: [{ label: 'LoRA', coto: false, from: { adapterId: 'a' }, to: { adapterId: 'b' } }],
  ...more,
});
/** B is −1, so that halfway to an adapter of B = 1 it vanishes, and with it ΔW. */
const opposite = state({ [module]: factors([[-3, 0]], [[-1], [0]], 1) });

test('λ runs evenly from 0 to 1, its ends are the adapters, and each method has its curve', async () => {
  expect(lambdaGrid(5).map(({ lambda }) => lambda)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(lambdaGrid(6).map(({ weights }) => weights)[4]).toEqual([1 / 5, 4 / 5]);
  // Files of older versions use this name.
  const { result, phases, passes } = await studied(line({ kind: 'lambda' }), { a: numbered(1), b: opposite });
  if (result.kind !== 'interpolation') throw new Error('another kind');
  const [pair] = result.pairs;
  expect(pair?.curves.map(({ method }) => method)).toEqual([
    'factor-average',
    'weight-average',
    'aligned-average',
    'ensemble',
  ]);
  const changes = [
    // ((1−λ)·1 + λ·(−3)) · ((1−λ)·1 + λ·(−1)): 1, 0·0.5, (−1)·0, (−2)·(−0.5), 3.
    [1, 0, 0, 1, 3],
    // (1−λ)·1 + λ·3.
    [1, 1.5, 2, 2.5, 3],
    // The second turned to the first: A is 3, B is 1.
    [1, 1.5, 2, 2.5, 3],
  ];
  for (const [curve, values] of changes.entries())
    for (const [point, sure] of values.entries())
      expect(pair?.curves[curve]?.points[point]?.loss, `${curve} ${point}`).toBeCloseTo(lossOf(sure), 5);
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  for (const [point, { lambda, loss }] of (pair?.curves[3]?.points ?? []).entries()) {
    const mean = (1 - lambda) * sigmoid(1) + lambda * sigmoid(3);
    expect(loss, `ensemble ${point}`).toBeCloseTo(-(Math.log(mean) + Math.log(1 - mean)) / 2, 6);
  }
  // The loss falls below the line between its ends everywhere: no barrier, but one from the mean of the ends.
  const { line: fromLine, mean, at } = pair?.curves[0]?.barriers.loss ?? { line: null, mean: null, at: null };
  expect([fromLine?.value, at]).toEqual([0, 0]);
  expect(mean?.value).toBeCloseTo((lossOf(3) - lossOf(1)) / 2, 6);
  // One of two examples is right whatever is said.
  expect(pair?.curves[0]?.barriers.accuracy?.line).toEqual({ value: 0, low: 0, high: 0 });
  // Two ends, and three inner points of three curves: the ensembles cost nothing.
  expect(passes).toBe(11);
  expect(phases).toHaveLength(11);
  expect(phases[2]).toBe('λ = 0.25 by Factor average, LoRA');
  const [factor, , , outputs] = pair?.curves ?? [];
  expect(factor?.againstEnsemble?.loss.value).toBeCloseTo(lossOf(0) - (outputs?.points[2]?.loss ?? Number.NaN), 6);
  expect(outputs?.againstEnsemble).toBeNull();
});

test('interpolation adds the curve of a further method, and takes chosen ones alone', async () => {
  const adapters = { a: numbered(1), b: opposite };
  const methods = async (more: object) => {
    const { result } = await studied(line({ points: 3, ...more }), adapters);
    return result.kind === 'interpolation'
      ? result.pairs[0]?.curves.map(({ method, points }) => [method, points[1]?.loss])
      : [];
  };
  // PEFT's linear: A and B each times √w: (1 − 3)·√½ · (1 − 1)·√½ = 0.
  expect((await methods({ method: 'linear' }))?.at(-1)).toEqual(['linear', lossOf(0)]);
  expect((await methods({ curves: ['weight-average'] }))?.map(([method]) => method)).toEqual(['weight-average']);
  expect((await methods({ method: 'weight-average' }))?.map(([method]) => method)).toHaveLength(4);
});

test("leaves out what a pair's adapters do not support, with the reason, unless it was requested", async () => {
  const facts = (refused: readonly string[]): StudyAdapters => ({
    ...studyAdapters,
    refusalOf: async ({ method }) =>
      refused.includes(method) ? { message: 'not B·A alone.', hint: 'Use another.' } : null,
    nameOf: () => 'Twin',
  });
  const adapters = { a: numbered(1), b: opposite };
  const factors = ['factor-average', 'parameter-average'];
  const { result, passes } = await studied(line(), adapters, facts([...factors, 'aligned-average']));
  if (result.kind !== 'interpolation') throw new Error('another kind');
  expect(result.pairs[0]?.curves.map(({ method }) => method)).toEqual(['weight-average', 'ensemble']);
  expect(passes).toBe(5);
  const factor = facts(['factor-average']);
  await expect(studied(line({ method: 'factor-average' }), adapters, factor)).rejects.toThrow(/Factor average of LoRA/);
  const nothing = facts([...factors, 'weight-average', 'aligned-average', 'ensemble']);
  await expect(studied(line(), adapters, nothing)).rejects.toThrow(/not B·A alone/);
  // The replacement of the factor average is scored in its place.
  const whole = { ...facts(['factor-average', 'aligned-average', 'weight-average']) };
  const stoodIn = await studyWork('interpolation').fit(studyConfigSchema.parse(line()), whole);
  expect(stoodIn).toMatchObject({
    left_out: [
      { method: 'factor-average', instead: 'parameter-average' },
      { method: 'weight-average', instead: null },
      { method: 'aligned-average', instead: null },
    ],
  });
  const twins = { ...facts([]), contentOf: async () => 'the same' };
  await expect(studied(line(), adapters, twins)).rejects.toThrow(/"Twin" and "Twin" are the same adapter/);
});

test('pruning scores the whole adapter, each pattern and each value of a grid', async () => {
  const layered = state(
    Object.fromEntries(
      Array.from({ length: 12 }, (_, layer) => [
        `vit.layers.${layer}.attention.q_proj`,
        factors([[7, 1]], [[1], [0]], 1),
      ]),
    ),
  );
  const { result, passes } = await studied(
    {
      kind: 'pruning',
      dataset: 'data',
      adapters: [{ label: 'LoRA', coto: false, seed: 3, adapter: { adapterId: 'a' } }],
    },
    { a: layered },
  );
  expect(passes).toBe(9);
  if (result.kind !== 'pruning') throw new Error('another kind');
  const [adapter] = result.adapters;
  expect(adapter?.unpruned.loss).toBeCloseTo(lossOf(7), 6);
  // Layer 0 is in the even layers and the low third only.
  expect(adapter?.patterns.map(({ label, loss }) => [label, loss > lossOf(6) ? 7 : 0])).toEqual([
    ['Every other layer', 7],
    ['Low third', 7],
    ['Middle third', 0],
    ['High third', 0],
  ]);
  // Each factor has two entries: three quarters of them is one, half of them too, and a quarter none.
  expect(adapter?.grids).toMatchObject([
    { method: 'magnitude', label: 'Magnitude', parameter: 'sparsity', unchanged: 0 },
  ]);
  const points = adapter?.grids[0]?.points ?? [];
  expect(points.map(({ value, label }) => [value, label])).toEqual(
    [25, 50, 75, 90].map((share) => [share / 100, `${share} % zeroed`]),
  );
  expect(points.map(({ kept, total, loss }) => [kept, total, loss > lossOf(6) ? 7 : 0])).toEqual([
    [24, 48, 7],
    [24, 48, 7],
    [0, 48, 0],
    [0, 48, 0],
  ]);
});

test('a pruning study of an earlier version: its sparsities are the grid of magnitude, in configs and in results', () => {
  const old = { kind: 'pruning', dataset: 'data', patterns: [], adapters: [] };
  const adapters = [{ label: 'LoRA', coto: false, seed: 1, adapter: { adapterId: 'a' } }];
  const config = studyConfigSchema.parse({ ...old, adapters, sparsities: [0.5, 0.9] });
  expect(config).toMatchObject({ grids: [{ method: 'magnitude', parameters: {}, values: [0.5, 0.9] }] });
  expect(config).not.toHaveProperty('sparsities');
  expect(studyConfigSchema.parse({ ...old, adapters, sparsities: [] })).toMatchObject({ grids: [] });
  expect(studyConfigSchema.parse({ ...old, adapters })).toMatchObject({ grids: null });
  const score = { accuracy: 0.5, loss: 1 };
  const pruned = { label: 'LoRA', coto: false, seed: 1, unpruned: score, patterns: [] };
  const result = studyResultSchema.parse({
    kind: 'pruning',
    examples: 10,
    adapters: [{ ...pruned, sparsities: [{ sparsity: 0.5, kept: 1, total: 2, ...score }] }],
  });
  if (result.kind !== 'pruning') throw new Error('another kind');
  expect(result.adapters[0]?.grids).toEqual([
    {
      method: 'magnitude',
      label: 'Magnitude',
      parameter: 'sparsity',
      parameters: {},
      axis: 'factor entries set to zero',
      percent: true,
      unchanged: 0,
      points: [{ value: 0.5, label: '50 % zeroed', kept: 1, total: 2, ...score }],
    },
  ]);
});

test('a curve over the energy that SVD keeps ends at the whole adapter; a method without a grid has none', async () => {
  const wide = state({
    [module]: factors(
      [
        [5, 0],
        [0, 1],
      ],
      [
        [1, 0],
        [0, 1],
      ],
      1,
    ),
  });
  const config = (method: string) => ({
    kind: 'pruning',
    dataset: 'data',
    patterns: [],
    grids: [{ method, values: [0.5, 1] }],
    adapters: [{ label: 'LoRA', coto: false, seed: 1, adapter: { adapterId: 'a' } }],
  });
  const { result } = await studied(config('svd'), { a: wide });
  if (result.kind !== 'pruning') throw new Error('another kind');
  const [adapter] = result.adapters;
  expect(adapter?.grids[0]?.points.map(({ label, kept, total }) => [label, kept, total])).toEqual([
    ['SVD to 50 % of the energy', 4, 8],
    ['SVD to 100 % of the energy', 8, 8],
  ]);
  const [figure] = pruningStudy.figures(result, config('svd'), { mergeMethod: (id) => id });
  expect(figure?.name).toBe('Pruning curve: SVD rank truncation');
  expect(figure?.draw({ dark: false }).layout['xaxis']).toMatchObject({
    title: { text: 'share of the energy that is kept (%)' },
  });
  expect(figure?.keep?.([0, 0])).toMatchObject([{ method: 'svd', parameters: { energy: 0.5 } }]);
  await expect(studied(config('layer-third'), { a: wide })).rejects.toThrow(/no parameter for a curve/);
});

test('merging: alone, each merge, and the ensemble of what the adapters said alone', async () => {
  const { result, phases, passes } = await studied(
    {
      kind: 'merging',
      dataset: 'data',
      groups: [{ label: 'LoRA', coto: false, adapters: [{ adapterId: 'a' }, { adapterId: 'b' }] }],
    },
    { a: numbered(Math.log(3)), b: numbered(-Math.log(3)) },
  );
  expect(passes).toBe(4);
  if (result.kind !== 'merging') throw new Error('another kind');
  const [group] = result.groups;
  // The first says label 0 at ¾ in both examples: right once; losses −ln ¾ and −ln ¼.
  const loss = -(Math.log(3 / 4) + Math.log(1 / 4)) / 2;
  for (const alone of group?.alone ?? []) {
    expect(alone.accuracy).toBe(0.5);
    expect(alone.loss).toBeCloseTo(loss, 6);
  }
  expect(group?.merged.map((merge) => merge.method)).toEqual(['factor-average', 'weight-average', 'ensemble']);
  // Probabilities ¾ and ¼ average to ½: the ensemble's loss is ln 2.
  expect(group?.merged[2]?.loss).toBeCloseTo(Math.LN2, 6);
  expect(phases).toHaveLength(4);
});

test('merging with a search: weights by the tuning examples, both scores in the table; an ensemble has no search', async () => {
  const given = {
    kind: 'merging',
    dataset: 'data',
    methods: ['linear', 'ensemble'],
    search: 'weights',
    search_evaluations: 200,
    groups: [{ label: 'LoRA', coto: false, adapters: [{ adapterId: 'a' }, { adapterId: 'b' }] }],
  };
  const { result } = await studied(given, { a: numbered(2), b: numbered(-4) });
  if (result.kind !== 'merging') throw new Error('another kind');
  const [linear, ensemble] = result.groups[0]?.merged ?? [];
  // Sums of factors, weighted by √w each: −1 is within reach, and is what the search scores on its examples.
  expect(linear?.tuning).toBeCloseTo(0, 3);
  expect(linear?.loss).toBeCloseTo(lossOf(-1), 3);
  expect(ensemble?.tuning).toBeUndefined();
  const [table] = mergingStudy.table(result, studyConfigSchema.parse(given), { mergeMethod: (id) => id });
  expect(table?.title).toContain('in brackets on the training examples');
  expect(table?.rows[0]?.cells.at(-2)).toMatch(/^50\.0 \(-?0\.0\)$/);
});

test('tables of merging and pruning show what each subject costs; results of earlier versions have no such column', async () => {
  const words = { mergeMethod: (id: string) => id };
  const merging = {
    kind: 'merging',
    dataset: 'data',
    methods: ['weight-average', 'ensemble'],
    groups: [{ label: 'LoRA', coto: false, adapters: [{ adapterId: 'a' }, { adapterId: 'b' }] }],
  };
  const { result } = await studied(merging, { a: numbered(1), b: numbered(-0.5) });
  if (result.kind !== 'merging') throw new Error('another kind');
  const parsed = mergingStudy.resultSchema.parse(JSON.parse(JSON.stringify(result)));
  const config = mergingStudy.configSchema.parse(merging);
  const table = mergingStudy.table(parsed, config, words).at(-1);
  expect(table?.title).toBe('Forgetting (nats per token)');
  expect(table?.rows[0]?.cells).toEqual(['LoRA', '+1.0000, −0.5000', '+0.2500', '–']);
  const old = parsed.groups.map((group) => ({
    ...group,
    alone: group.alone.map(({ accuracy, loss }) => ({ accuracy, loss })),
    merged: group.merged.map(({ method, accuracy, loss }) => ({ method, accuracy, loss })),
  }));
  expect(mergingStudy.table({ ...parsed, groups: old }, config, words)).toHaveLength(1);

  const pruning = {
    kind: 'pruning',
    dataset: 'data',
    patterns: [],
    grids: [{ method: 'magnitude', values: [1] }],
    adapters: [{ label: 'LoRA', coto: false, seed: 1, adapter: { adapterId: 'a' } }],
  };
  const pruned = await studied(pruning, { a: numbered(2) });
  if (pruned.result.kind !== 'pruning') throw new Error('another kind');
  const [every] = pruningStudy.table(pruned.result, pruningStudy.configSchema.parse(pruning), words);
  expect(every?.columns.at(-1)?.label).toBe('Forgetting (nats per token)');
  expect(every?.rows.map(({ cells }) => cells.at(-1))).toEqual(['+2.0000', '0.0000']);
});
