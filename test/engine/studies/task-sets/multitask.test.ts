import { expect, test } from 'vitest';
import type { StudyAdapters } from '../../../../src-main/engine/studies/define-study-work.ts';
import { studyWork } from '../../../../src-main/engine/studies/index.ts';
import type { JobSpec, Score, ScoreSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { encodeOutcomes } from '../../../../src-shared/results/outcomes.ts';
import { studyConfigSchema } from '../../../../src-shared/studies/index.ts';
import { multitaskStudy } from '../../../../src-shared/studies/task-sets/multitask.ts';
import { multitaskResultSchema } from '../../../../src-shared/studies/task-sets/multitask-schemas.ts';
import { studyAdapters } from '../study-adapters.ts';

const work = studyWork('multitask');
const adapter = (id: string) => ({ adapterId: id });
const set = (group: string, seed: number) => ({
  seed,
  adapters: ['cats', 'dogs'].map((task) => adapter(`${group}-${task}-${seed}`)),
});
const given = (more: object = {}) => ({
  kind: 'multitask',
  tasks: [{ dataset: 'cats' }, { dataset: 'dogs', name: 'Dogs' }],
  methods: ['weight-average', 'ensemble'],
  groups: [
    { label: 'LoRA', coto: false, sets: [set('plain', 1), set('plain', 2), set('plain', 3)] },
    { label: 'LoRA + CoTo', coto: true, sets: [set('coto', 1), set('coto', 2), set('coto', 3)] },
  ],
  ...more,
});
const parse = (more: object = {}) => studyConfigSchema.parse(given(more));
const planned = (more: object = {}) =>
  work.plan(parse(more)).filter((spec): spec is ScoreSpec => spec.kind === 'score');

/** A score of 100 examples, the first of which are right. */
function score(accuracy: number, more: Partial<Score> = {}): Score {
  const correct = Uint8Array.from({ length: 100 }, (_, at) => (at < Math.round(100 * accuracy) ? 1 : 0));
  const losses = Float32Array.from(correct, (right) => 1 - right);
  const outcomes = encodeOutcomes({ losses, correct, tokens: null });
  return { accuracy, loss: 1 - accuracy, metrics: {}, examples: 100, kept: null, total: null, outcomes, ...more };
}

/** Rows by place: 0 base, 1 own, 2 single, 3 ΔW average, 4 and 5 its placebos, 6 the ensemble. */
const byKey = (values: (group: number, set: number, row: string, task: number) => number) => (key: string) => {
  const [group, place, row = '', task] = key.split('/');
  return score(values(Number(group), Number(place), row, Number(task)));
};
const hand = byKey((group, place, row, task) => {
  const shift = 0.01 * place;
  switch (row) {
    case '0':
      return task === 0 ? 0.2 : 0.5;
    case '1':
      return task === 0 ? 0.8 : 0.6;
    case '3':
      return (task === 0 ? 0.6 : 0.55) + shift + 0.1 * group;
    case 'single-0':
      return 0.3;
    case 'single-1':
      return 0.25;
    case '6':
      return 0.5;
    default:
      return 0.1;
  }
});

test('every row is scored on every task under the head of its own adapter, and merges are made in one place', () => {
  const specs = planned();
  expect(specs).toHaveLength(2 * 3 * 7 * 2);
  const at = (key: string) => specs.find((spec) => spec.key === key);
  const [one, two] = ['plain-cats-1', 'plain-dogs-1'].map((id) => ({ kind: 'adapter', adapter: adapter(id) }) as const);
  const inputs = [
    { subject: one, weight: 1 },
    { subject: two, weight: 1 },
  ];
  const merge = { kind: 'merge', method: 'weight-average', parameters: { normalize: true, search: 'none' }, inputs };
  expect(at('0/0/0/1')).toMatchObject({
    dataset: 'dogs',
    subject: { kind: 'withHead', subject: { kind: 'base' }, head: two },
  });
  expect(at('0/0/1/1')?.subject).toEqual(two);
  expect(at('0/0/single-0/1')?.subject).toEqual({ kind: 'withHead', subject: one, head: two });
  expect(at('0/0/single-1/1')).toBeUndefined();
  expect(at('0/0/3/0')?.subject).toMatchObject({ kind: 'withHead', subject: merge, head: one });
  expect(at('0/0/4/0')?.subject).toMatchObject({
    kind: 'withHead',
    head: one,
    subject: {
      kind: 'merge',
      method: 'random-directions',
      parameters: { seed: 0 },
      inputs: [{ subject: merge, weight: 1 }],
    },
  });
  // Sets draw placebos of their own; both groups draw the same.
  expect(at('1/2/5/0')?.subject).toMatchObject({ subject: { method: 'shuffled-layers', parameters: { seed: 2 } } });
  expect(at('0/0/6/1')?.subject).toMatchObject({
    kind: 'withHead',
    subject: { method: 'ensemble', inputs },
    head: two,
  });
  // Forgetting of a merge is measured once, whatever the head.
  expect([at('0/0/3/0'), at('0/0/3/1'), at('0/0/0/0'), at('0/0/1/1')].map((spec) => spec?.forgetting)).toEqual([
    true,
    false,
    false,
    true,
  ]);
});

test('a search is tuned on training examples of every task, and random adapters have directions of their own', () => {
  const specs = planned({
    search: 'weights',
    search_evaluations: 8,
    seed: 5,
    random_adapters: true,
    tuning_samples: 32,
  });
  const merge = specs.find(({ key }) => key === '0/0/3/1')?.subject;
  expect(merge).toMatchObject({
    subject: {
      parameters: { search: 'weights', search_evaluations: 8, search_seed: 5 },
      tuning: { datasets: ['cats', 'dogs'], samples: 32 },
    },
  });
  const random = specs.filter(({ key }) => key.startsWith('0/') && key.includes('/6/'));
  const seeds = random.flatMap(({ subject }) =>
    subject.kind === 'withHead' && subject.subject.kind === 'merge'
      ? subject.subject.inputs.flatMap((input) =>
          input.subject.kind === 'merge' ? Number(input.subject.parameters['seed']) : [],
        )
      : [],
  );
  expect(new Set(seeds).size).toBe(6);
  expect(random[0]?.subject).toMatchObject({
    subject: { parameters: { search: 'none' } },
  });
});

test('normalized and recovered scores, worked by hand, with intervals over sets and differences paired by seed', () => {
  const result = multitaskResultSchema.parse(work.fold(parse(), hand));
  const [plain, coto] = result.groups;
  // ΔW average of seeds 1, 2, 3: (0.60, 0.55), (0.61, 0.56), (0.62, 0.57): means 0.575, 0.585, 0.595.
  const merged = plain?.summaries[3];
  expect(merged?.mean.mean).toBeCloseTo(0.585, 12);
  // Student: t(0.975, 2) = 4.302653, s = 0.01.
  expect((merged?.mean.high ?? 0) - 0.585).toBeCloseTo((4.302653 * 0.01) / Math.sqrt(3), 6);
  // (0.61 / 0.8 + 0.56 / 0.6) / 2, and ((0.61 − 0.2) / 0.6 + (0.56 − 0.5) / 0.1) / 2.
  expect(merged?.normalized?.mean).toBeCloseTo((0.61 / 0.8 + 0.56 / 0.6) / 2, 12);
  expect(merged?.recovered?.mean).toBeCloseTo((0.41 / 0.6 + 0.6) / 2, 12);
  expect(plain?.summaries[1]?.normalized?.mean).toBe(1);
  expect(plain?.summaries[0]?.recovered?.mean).toBeCloseTo(0, 12);
  // The first adapter has (0.8 + 0.3) / 2 over both tasks, the second (0.25 + 0.6) / 2.
  expect(plain?.single).toEqual([0, 0, 0]);
  expect(plain?.cells[0]?.[2]?.map(({ value }) => value)).toEqual([0.8, 0.3]);
  expect(coto?.flat).toEqual([]);
  expect(result.over).toBe('sets');
  const difference = result.differences[0];
  expect([difference?.coto, difference?.without]).toEqual([1, 0]);
  expect(difference?.rows[3]?.mean).toMatchObject({ n: 3, low: null });
  expect(difference?.rows[3]?.mean.mean).toBeCloseTo(0.1, 12);
  // All three differences have one sign: 2 of the 8 sign patterns are as far from zero.
  expect(difference?.rows[3]?.p).toBe(0.25);
  const words = { mergeMethod: (id: string) => id };
  const [table, , differences] = multitaskStudy.table(result, parse(), words);
  expect(table?.rows[3]?.cells.slice(0, 7)).toEqual([
    'weight-average',
    '61.0',
    '56.0',
    '58.5',
    '56.0 to 61.0',
    '84.8',
    // s = 0.01 · (1 / 0.8 + 1 / 0.6) / 2: 84.8 ± 3.6.
    '81.2 to 88.4',
  ]);
  expect(differences?.rows[3]?.cells).toEqual(['weight-average', '+10.0', '–', '+14.6', '–', '0.250']);
  // Holm: 3 · 0.01, 2 · 0.03 and 0.04, at least as large as the one before it.
  const tested = result.rows.map((_, at) => [0.03, 0.01, 0.04][at] ?? null);
  const rows = result.differences[0]?.rows.map((row, at) => ({ ...row, p: tested[at] ?? null })) ?? [];
  const corrected = result.differences.map((one) => ({ ...one, rows }));
  const marked = multitaskStudy.table({ ...result, differences: corrected }, parse(), words)[2];
  expect(marked?.rows.map(({ cells }) => cells[1]?.endsWith(' †'))).toEqual(result.rows.map((_, at) => at === 1));
  expect(marked?.notes).toEqual(['†: p below 0.05 after Holm’s correction for 3 differences of this table.']);
  for (const { draw } of multitaskStudy.figures(result, parse(), words)) {
    const { data, caption } = draw({ dark: false });
    expect(data.length).toBeGreaterThan(3);
    expect(caption).toMatch(/95 % confidence interval \(Student's t\) of the mean over 3 sets of adapters/);
  }
});

test('a task without a gain over the base is left out of what is recovered, and one of score zero of what is normalized', () => {
  const flat = byKey((group, place, row, task) => {
    if (task === 1) return row === '1' ? 0 : 0.1;
    return hand([group, place, row, task].join('/')).accuracy ?? 0;
  });
  const [plain] = multitaskResultSchema.parse(work.fold(parse(), flat)).groups;
  expect(plain?.flat).toEqual([1]);
  expect(plain?.summaries[3]?.normalized?.mean).toBeCloseTo(0.61 / 0.8, 12);
  expect(plain?.summaries[3]?.recovered?.mean).toBeCloseTo(0.41 / 0.6, 12);
  const none = multitaskResultSchema.parse(
    work.fold(
      parse(),
      byKey(() => 0),
    ),
  );
  expect(none.groups[0]?.summaries[3]).toMatchObject({ normalized: null, recovered: null });
});

test('rows of a comparison are shown in the unit of the metric', () => {
  const scored = (key: string) => ({ ...hand(key), metrics: { pearson: 0.5 } });
  const result = multitaskResultSchema.parse(work.fold(parse({ metric: 'pearson' }), scored));
  const row = multitaskStudy.comparison(result).find(({ id }) => id.startsWith('multitask/weight-average/'));
  expect(row).toMatchObject({
    unit: 'score',
    better: 'higher',
    lora: { mean: 0.5 },
    label: expect.stringMatching(/Pearson$/),
  });
  const ofAccuracy = multitaskStudy.comparison(multitaskResultSchema.parse(work.fold(parse(), hand)));
  expect(ofAccuracy.map(({ unit }) => unit)).toEqual(ofAccuracy.map(() => 'percent'));
});

test('one set has intervals over its test examples, paired between rows and groups', () => {
  const groups = [
    { label: 'LoRA', coto: false, sets: [set('plain', 1)] },
    { label: 'LoRA + CoTo', coto: true, sets: [set('coto', 7)] },
  ];
  const result = multitaskResultSchema.parse(work.fold(parse({ groups }), hand));
  expect(result.over).toBe('examples');
  const task = result.groups[0]?.summaries[3]?.tasks[0];
  // Binomial: 1.96 · √(0.6 · 0.4 / 100).
  expect((task?.high ?? 0) - 0.6).toBeCloseTo(0.096, 1);
  // The same examples are right: the own adapter's share of itself has no spread.
  expect(result.groups[0]?.summaries[1]?.normalized).toEqual({ mean: 1, low: 1, high: 1, n: 1 });
  const difference = result.differences[0]?.rows[3];
  expect(difference?.mean.mean).toBeCloseTo(0.1, 12);
  // Ten of 100 examples differ on each task, all in one direction.
  expect(difference?.mean.low).toBeGreaterThan(0.04);
  expect(difference?.p).toBeNull();
  const older = (key: string) => ({ ...hand(key), outcomes: undefined });
  expect(multitaskResultSchema.parse(work.fold(parse({ groups }), older)).over).toBe('nothing');
});

test('trained sets: a run for each variant, seed and task, with the settings of both', () => {
  const run = { model: 'base', dataset: 'ignored', seed: 9, adapter: { r: 4 }, max_steps: 5 };
  const config = parse({
    groups: null,
    run,
    seeds: [1, 2],
    tasks: [{ dataset: 'cats' }, { dataset: 'dogs', settings: { learning_rate: 0.002 } }],
    variants: [{ settings: { coto: null } }, { settings: { coto: {}, learning_rate: 0.004 } }],
  });
  const specs: JobSpec[] = work.plan(config);
  const trainings = specs.filter((spec) => spec.kind === 'train');
  expect(
    trainings.map(({ key, config: own }) => [key, own.dataset, own.seed, own.learning_rate, own.coto !== null]),
  ).toEqual([
    ['0/1/0', 'cats', 1, 0.001, false],
    ['0/1/1', 'dogs', 1, 0.002, false],
    ['0/2/0', 'cats', 2, 0.001, false],
    ['0/2/1', 'dogs', 2, 0.002, false],
    ['1/1/0', 'cats', 1, 0.004, true],
    ['1/1/1', 'dogs', 1, 0.004, true],
    ['1/2/0', 'cats', 2, 0.004, true],
    ['1/2/1', 'dogs', 2, 0.004, true],
  ]);
  expect(trainings[4]?.title).toBe('cats, LoRA + CoTo, learning rate 0.004, seed 1');
  const lasting = { settings: { coto: { schedule: 'stochastic-depth', initial_p: 0.5 } } };
  const [first] = work.plan(parse({ groups: null, run, seeds: [1], variants: [lasting] }));
  expect(first?.kind === 'train' && first.title).toBe('cats, LoRA + stochastic depth, initial p 0.5, seed 1');
  const own = specs.find((spec) => spec.kind === 'score' && spec.key === '1/0/1/1');
  expect(own).toMatchObject({ subject: { kind: 'trained', training: '1/1/1' } });
});

test('tasks and methods that cannot be decided are refused with the reason', async () => {
  const problem = (more: object) => studyConfigSchema.safeParse(given(more)).error?.issues[0]?.message;
  expect(problem({ tasks: [{ dataset: 'cats' }] })).toMatch(/two or more tasks/);
  expect(problem({ tasks: [{ dataset: 'cats' }, { dataset: 'cats' }] })).toMatch(/All tasks have the dataset cats/);
  expect(problem({ tasks: ['cats', 'dogs', 'cats'].map((dataset) => ({ dataset })) })).toMatch(/same dataset/);
  expect(problem({ groups: null })).toMatch(/either groups of existing adapters, or a run/);
  expect(problem({ tasks: ['a', 'b', 'c'].map((dataset) => ({ dataset })) })).toMatch(/2 adapters for 3 tasks/);
  expect(problem({ metric: 'loss' })).toMatch(/more is better/);
  expect(() => planned({ methods: ['random-directions'] })).toThrow(/takes one adapter, and there are 2 tasks/);
  expect(() => planned({ methods: ['slerp'], tasks: given().tasks })).not.toThrow();
  expect(() => planned({ methods: [{ method: 'ties', parameters: { density: 7 } }] })).toThrow(/density/);
  expect(() => planned({ methods: ['no-such'] })).toThrow(/no merge method "no-such"/);
  const facts: StudyAdapters = {
    ...studyAdapters,
    refusalOf: async ({ method }) =>
      method === 'ensemble' ? { message: 'outputs cannot be averaged.', hint: 'Merge weights.' } : null,
  };
  await expect(work.fit(parse(), facts)).rejects.toThrow('methods: Output ensemble: outputs cannot be averaged.');
  // DoRA merges by parameters and outputs; its placebos would be plain LoRA.
  const dora = {
    ...facts,
    refusalOf: async ({ method }: { method: string }) =>
      method === 'parameter-average' ? null : { message: 'not B·A alone.', hint: null },
  };
  const average = { methods: ['parameter-average'] };
  await expect(work.fit(parse(average), dora)).rejects.toThrow('placebos: not B·A alone.');
  await expect(work.fit(parse({ ...average, placebos: false }), dora)).resolves.toMatchObject(average);
  const fitted = await work.fit(parse({ methods: null }), facts);
  expect('methods' in fitted && fitted.methods).toEqual([
    'factor-average',
    'weight-average',
    'lora-lego',
    'ties',
    'knots',
    'core-space',
  ]);
});
