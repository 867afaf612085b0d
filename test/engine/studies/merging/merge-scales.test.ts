import { describe, expect, it } from 'vitest';
import type { AdapterState } from '../../../../src-main/engine/adapters/variant/state.ts';
import { scaleAdapter } from '../../../../src-main/engine/adapters/weights/scale-adapter.ts';
import { SubjectScorer } from '../../../../src-main/engine/evaluation/score-subjects.ts';
import { mergeMethods } from '../../../../src-main/engine/merge/methods/index.ts';
import { studyWork } from '../../../../src-main/engine/studies/index.ts';
import { bestScale } from '../../../../src-main/engine/studies/merging/scale-tuning.ts';
import type { Score, ScoreSpec, Subject } from '../../../../src-shared/domain/studies/plan.ts';
import { studyConfigSchema, studyKind } from '../../../../src-shared/studies/index.ts';
import { mergingStudy } from '../../../../src-shared/studies/merging/merging.ts';
import { mergingResultSchema } from '../../../../src-shared/studies/merging/merging-schemas.ts';
import { multitaskStudy } from '../../../../src-shared/studies/task-sets/multitask.ts';
import { multitaskResultSchema } from '../../../../src-shared/studies/task-sets/multitask-schemas.ts';
import { change, description, factors, state } from '../../merge/states.ts';
import { studiedInRounds } from '../studied-in-rounds.ts';
import { studyAdapters } from '../study-adapters.ts';

const module = 'vit.layers.0.attention.q_proj';
const below = 'vit.layers.1.attention.q_proj';
const words = { mergeMethod: (id: string) => id };
const scales = [2, 0.5, 1, 1.5];

describe('λ of a merged subject', () => {
  const adapters: Record<string, AdapterState> = {
    a: state({ [module]: factors([[3, -1]], [[2], [0.5]], 0.5) }),
    b: state({ [module]: factors([[1, 2]], [[-1], [4]], 2) }),
    // Alike, in two layers, so that every method keeps something of them.
    c: state({ [module]: factors([[3, 1]], [[2], [0.5]], 2), [below]: factors([[1, 1]], [[2], [1]], 2) }),
    d: state({ [module]: factors([[3, 2]], [[2], [1]], 2), [below]: factors([[1, 2]], [[2], [2]], 2) }),
  };
  const adapterOf = (subject: Subject, states = adapters) =>
    new SubjectScorer({
      base: { description: description(12), directory: '' },
      adapter: async (id) => states[id] ?? Promise.reject(new Error('unknown adapter')),
      datasets: [
        { examples: 0, requireFit: () => undefined, outputs: () => Promise.reject(new Error('not asked for')) },
      ],
    }).adapterOf({ subject, names: [], dataset: 0 });
  const specsOf = (id: string) =>
    mergeMethods.find(({ declaration }) => declaration.id === id)?.declaration.parameters ?? [];
  const merge = (method: string, ids: readonly string[], scale?: number): Subject => ({
    kind: 'merge',
    method,
    // The usual density of TIES keeps none of four entries.
    parameters: specsOf(method).some(({ name }) => name === 'density') ? { density: 1 } : {},
    inputs: ids.map((adapterId) => ({ subject: { kind: 'adapter', adapter: { adapterId } }, weight: 1 })),
    ...(scale === undefined ? {} : { scale }),
  });

  it('doubles ΔW of a sum, worked by hand', async () => {
    // 0.5 · [2, 0.5]ᵀ [3, −1] + 2 · [−1, 4]ᵀ [1, 2] = [3, −1; 0.75, −0.25] + [−2, −4; 8, 16].
    const sum = [1, -5, 8.75, 15.75];
    const one = await adapterOf(merge('task-arithmetic', ['a', 'b']));
    expect([...change(one.modules.get(module))].map((value) => Number(value.toFixed(4)))).toEqual(sum);
    const two = await adapterOf(merge('task-arithmetic', ['a', 'b'], 2));
    expect([...change(two.modules.get(module))].map((value) => Number(value.toFixed(4)))).toEqual(
      sum.map((value) => 2 * value),
    );
  });

  const methods = mergeMethods.filter(({ makes, needs }) => makes === 'adapter' && needs.data === undefined);
  it.each(
    methods.map(({ declaration, needs }) => [declaration.id, needs.adapters?.maximum === 1 ? ['c'] : ['c', 'd']]),
  )('doubles ΔW of %s', async (id, ids) => {
    const at = async (scale?: number) => [
      ...change((await adapterOf(merge(String(id), [...ids], scale))).modules.get(module)),
    ];
    const own = await at();
    expect(own.some((value) => value !== 0)).toBe(true);
    expect(await at(2)).toEqual(own.map((value) => 2 * value));
  });

  it('multiplies the product of a variant that multiplies the base, and no tensor without a strength', async () => {
    const hira = (value: number) => state({ [module]: factors([[value, 1]], [[1], [2]], 1) }, { variant: 'hira' });
    const two = await adapterOf(merge('weight-average', ['a', 'b'], 2), { a: hira(1), b: hira(3) });
    // The mean product [2, 1; 4, 2], twice, with no scaling in front.
    expect([...change(two.modules.get(module))]).toEqual([4, 2, 8, 4]);
    expect(two.modules.get(module)?.scaling).toBe(1);
    const dora = state({ [module]: factors([[1, 0]], [[1], [0]], 1) }, { variant: 'dora' });
    expect(() => scaleAdapter(dora, 2)).toThrow(/^The adapter cannot be scaled by 2: it is a DoRA/);
  });
});

describe('the best λ', () => {
  const best = (scores: readonly [scale: number, score: number][], metric = 'accuracy') =>
    bestScale(
      scores.map(([scale, score]) => ({ scale, score })),
      metric,
    );

  it('is that of the best score; of equal ones that nearest 1, then the smaller', () => {
    expect(
      best([
        [0.5, 0.6],
        [1, 0.7],
        [2, 0.8],
      ]),
    ).toBe(2);
    expect(
      best([
        [0.5, 0.8],
        [1, 0.7],
        [2, 0.8],
      ]),
    ).toBe(0.5);
    expect(
      best([
        [0.5, 0.8],
        [1, 0.8],
        [2, 0.8],
      ]),
    ).toBe(1);
    expect(
      best([
        [0.75, 0.8],
        [1, 0.7],
        [1.25, 0.8],
      ]),
    ).toBe(0.75);
  });

  it('has the least loss, and is never that of a score that is not a number', () => {
    expect(
      best(
        [
          [0.5, 0.6],
          [1, 0.7],
          [2, 0.8],
        ],
        'loss',
      ),
    ).toBe(0.5);
    expect(
      best([
        [0.5, Number.NaN],
        [1, 0.2],
        [2, Number.NaN],
      ]),
    ).toBe(1);
    expect(
      best([
        [0.5, Number.NaN],
        [1, Number.NaN],
      ]),
    ).toBe(1);
  });
});

/** λ of a spec's merge: of what a placebo is made of too. */
function scaleOf({ subject }: ScoreSpec): number | null {
  const body = subject.kind === 'withHead' ? subject.subject : subject;
  if (body.kind !== 'merge') return null;
  const [input] = body.inputs;
  return body.inputs.length === 1 && input?.subject.kind === 'merge' ? (input.subject.scale ?? 1) : (body.scale ?? 1);
}

function methodOf({ subject }: ScoreSpec): string | null {
  const body = subject.kind === 'withHead' ? subject.subject : subject;
  return body.kind === 'merge' ? body.method : null;
}

/** Best held-out λ by method and schedule; the test split would choose others. */
const bests: Readonly<Record<string, readonly [without: number, coto: number]>> = {
  'weight-average': [1.5, 2],
  ties: [0.5, 1],
};
const scored = (spec: ScoreSpec, isCoto: boolean): Score => {
  const scale = scaleOf(spec) ?? 1;
  const best = bests[methodOf(spec) ?? '']?.[isCoto ? 1 : 0] ?? 1;
  const isHeldOut = spec.validation_samples !== undefined;
  const accuracy = isHeldOut ? 0.8 - 0.1 * Math.abs(scale - best) : 0.1 * scale;
  return { accuracy, loss: 1, metrics: {}, examples: isHeldOut ? 40 : 100, kept: null, total: null };
};

const run = (seed: number, coto: object | null, validation_samples = 40) => ({
  run: { model: 'base', dataset: 'cats', max_steps: 5, seed, coto, validation_samples },
});

describe('a study of merged seeds with several λ', () => {
  const given = (more: object = {}) => ({
    kind: 'merging',
    dataset: 'cats',
    eval_samples: 0,
    metric: 'accuracy',
    methods: ['weight-average', 'ensemble', 'ties'],
    placebos: true,
    merge_scales: scales,
    validation_samples: 40,
    groups: [
      { label: 'LoRA', coto: false, adapters: [run(1, null), run(2, null)] },
      { label: 'LoRA + CoTo', coto: true, adapters: [run(1, {}), run(2, {})] },
    ],
    ...more,
  });
  const { config, result, rounds } = studiedInRounds(given(), (spec, runs) =>
    scored(spec, runs[0]?.config.coto !== null),
  );
  const [first = [], second = []] = rounds.map((round) => round.filter((spec) => spec.kind === 'score'));

  it('chooses on held-out examples alone, then scores every merge and placebo at its λ on the test split', () => {
    expect(rounds).toHaveLength(2);
    const tuned = first.filter(({ validation_samples }) => validation_samples !== undefined);
    expect(tuned).toHaveLength(2 * 2 * 4);
    expect(tuned.slice(0, 4).map((spec) => [methodOf(spec), scaleOf(spec)])).toEqual(
      [0.5, 1, 1.5, 2].map((scale) => ['weight-average', scale]),
    );
    for (const spec of tuned)
      expect(spec).toMatchObject({ validation_samples: 40, eval_samples: 0, forgetting: false });
    // On the test split the first round has nothing that λ changes.
    const judged = first.filter(({ validation_samples }) => validation_samples === undefined);
    expect(judged.map(methodOf)).toEqual([null, null, 'ensemble', null, null, 'ensemble']);
    expect(second.map((spec) => [methodOf(spec), scaleOf(spec), spec.validation_samples])).toEqual(
      [
        ['weight-average', 1.5],
        ['ties', 0.5],
        ['random-directions', 1.5],
        ['shuffled-layers', 1.5],
        ['random-directions', 0.5],
        ['shuffled-layers', 0.5],
        ['weight-average', 2],
        ['ties', 1],
        ['random-directions', 2],
        ['shuffled-layers', 2],
        ['random-directions', 1],
        ['shuffled-layers', 1],
      ].map(([method, scale]) => [method, scale, undefined]),
    );
    expect(studyWork('merging').laterScores(config)).toBe(second.length);
  });

  it('has the curve of every merge with the chosen λ in a table, figures and the settings', () => {
    const parsed = mergingResultSchema.parse(JSON.parse(JSON.stringify(result)));
    expect(parsed.scaling?.curves.map(({ group, method, scale, edge }) => [group, method, scale, edge])).toEqual([
      [0, 'weight-average', 1.5, null],
      [0, 'ties', 0.5, 'low'],
      [1, 'weight-average', 2, 'high'],
      [1, 'ties', 1, null],
    ]);
    const [main, table] = mergingStudy.table(parsed, config, words);
    expect(main?.title).toBe('Accuracy (%), merges at their chosen λ');
    expect(main?.rows[0]?.cells.slice(3)).toEqual(['15.0', '10.0', '5.0']);
    expect(table?.columns.map(({ label }) => label)).toEqual([
      'Group',
      'Merge',
      ...['0.5', '1', '1.5', '2'],
      'Chosen',
      'Note',
    ]);
    expect(table?.rows[0]?.cells).toEqual(['LoRA', 'weight-average', '70.0', '75.0', '80.0 *', '75.0', '1.5', '']);
    expect(table?.rows[1]?.cells.at(-1)).toBe('smallest tried');
    expect(table?.notes?.[0]).toMatch(/^Scores on 40 validation examples, none of them in a test split\./);
    const figures = mergingStudy.figures(parsed, config, words);
    expect(figures.map(({ name }) => name)).toEqual(['Merging study', 'Scale λ, LoRA', 'Scale λ, LoRA + CoTo']);
    expect(figures[1]?.draw({ dark: false }).data[0]).toMatchObject({
      name: 'weight-average',
      x: [0.5, 1, 1.5, 2],
      marker: { symbol: ['circle', 'circle', 'circle-open', 'circle'] },
    });
    expect(mergingStudy.describeConfig(config, words)).toContainEqual({
      label: 'Strength of the merges',
      value: 'best λ of 2, 0.5, 1, 1.5 for each method, on 40 validation examples',
    });
  });

  it('without λ is the study of earlier versions, and says so', () => {
    const { merge_scales: _, validation_samples: __, ...own } = given();
    const plain = studyConfigSchema.parse(own);
    expect(plain).not.toHaveProperty('merge_scales');
    const done = studiedInRounds(own, (spec, runs) => scored(spec, runs[0]?.config.coto !== null));
    expect(done.rounds).toHaveLength(1);
    expect(JSON.stringify(done.rounds)).not.toContain('"scale"');
    expect(done.result).not.toHaveProperty('scaling');
    expect(mergingStudy.describeConfig(plain, words).at(-1)).toEqual({
      label: 'Strength of the merges',
      value: expect.stringMatching(/^each method at its own \(averages divide by the number of adapters/),
    });
    expect(studyWork('merging').laterScores(plain)).toBe(0);
  });

  it('takes the examples that the runs held out, and says where adapters were trained on them', async () => {
    const work = studyWork('merging');
    const facts = { ...studyAdapters, heldOutOf: async (adapter: object) => ('run' in adapter ? 40 : null) };
    const fitted = (more: object) => work.fit(studyConfigSchema.parse(given(more)), facts);
    const inferred = await fitted({ validation_samples: undefined });
    expect(inferred).toMatchObject({ validation_samples: 40 });
    expect(inferred).not.toHaveProperty('validation_trained');
    const seen = await fitted({ validation_samples: 30 });
    expect(seen).toMatchObject({ validation_samples: 30, validation_trained: true });
    expect(mergingStudy.describeConfig(seen, words).at(-1)?.value).toMatch(
      /30 validation examples, which adapters may have been trained on$/,
    );
    const groups = [{ label: 'LoRA', coto: false, adapters: [{ adapterId: 'a' }, run(1, null)] }];
    const unknown = await fitted({ validation_samples: undefined, groups });
    expect(() => work.plan(unknown)).toThrow('merge_scales: nothing is held out to choose λ by.');
    const refusing = {
      ...facts,
      refusalOf: async ({ method, isScaled }: { method: string; isScaled?: boolean | undefined }) =>
        method === 'ties' && isScaled === true ? { message: 'no λ.', hint: 'Leave it out.' } : null,
    };
    await expect(work.fit(studyConfigSchema.parse(given()), refusing)).rejects.toThrow('methods: TIES: no λ.');
  });

  it.each([
    [
      { merge_scales: [1, 0] },
      'merge_scales',
      'λ = 0 leaves nothing of a merge or turns it around. Give values greater than 0.',
    ],
    [{ merge_scales: [1, -2] }, 'merge_scales', /^λ = -2 leaves/],
    [{ merge_scales: [1, 2, 1] }, 'merge_scales', 'λ = 1 is listed twice. Remove one of the two.'],
    [{ merge_scales: [1] }, 'merge_scales', /^One value of λ leaves nothing to choose/],
    [{ merge_scales: undefined }, 'validation_samples', /^These examples choose λ, and no values are given/],
  ])('rejects %o in one sentence', (more, path, message) => {
    const { error } = studyConfigSchema.safeParse(given(more));
    expect(error?.issues.map((issue) => issue.path[0])).toEqual([path]);
    expect(error?.issues[0]?.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });

  it('is composed by the form: no keys without values of λ', () => {
    const adapters = [1, 2].map((seed) => ({
      id: String(seed),
      name: `LoRA ${seed}`,
      label: 'LoRA',
      group: 'lora',
      family: 'lora',
      coto: false,
      seed,
      modelId: 'base',
      datasetId: 'cats',
    }));
    const input = { dataset: null, eval_samples: 0, adapters, run: null };
    expect(mergingStudy.compose({ ...input, parameters: {} })).not.toHaveProperty('merge_scales');
    expect(
      mergingStudy.compose({ ...input, parameters: { merge_scales: [0.5, 1], validation_samples: 30 } }),
    ).toMatchObject({ merge_scales: [0.5, 1], validation_samples: 30 });
  });
});

describe('a study of merged tasks with several λ', () => {
  const given = (more: object = {}) => ({
    kind: 'multitask',
    tasks: [{ dataset: 'cats' }, { dataset: 'dogs' }],
    run: { model: 'base', max_steps: 5, validation_samples: 40 },
    variants: [{ settings: { coto: null } }, { settings: { coto: {} } }],
    seeds: [1, 2],
    methods: ['weight-average', 'ensemble', { method: 'ties', parameters: { density: 0.5 } }],
    random_adapters: true,
    merge_scales: scales,
    ...more,
  });
  const held = { validation_samples: 40 };
  const study = (more: object = {}) =>
    studiedInRounds(given({ ...held, ...more }), (spec, runs) => scored(spec, runs[0]?.config.coto !== null));

  it('chooses λ by the mean over sets and tasks, and scores all controls of a merge at it', () => {
    const { config, result, rounds } = study();
    const [first = [], second = []] = rounds.map((round) => round.filter((spec) => spec.kind === 'score'));
    expect(rounds).toHaveLength(2);
    const tuned = first.filter(({ validation_samples }) => validation_samples !== undefined);
    // Methods × λ × tasks × sets × groups.
    expect(tuned).toHaveLength(2 * 4 * 2 * 2 * 2);
    const scalesOf = (label: string) => [
      ...new Set(
        second.filter(({ title }) => title.includes(label)).map((spec) => `${methodOf(spec)} ${scaleOf(spec)}`),
      ),
    ];
    expect(scalesOf(', LoRA, seed')).toEqual([
      'weight-average 1.5',
      'random-directions 1.5',
      'shuffled-layers 1.5',
      'ties 0.5',
      'random-directions 0.5',
      'shuffled-layers 0.5',
    ]);
    expect(second.every(({ validation_samples }) => validation_samples === undefined)).toBe(true);
    expect(studyWork('multitask').laterScores(config)).toBe(second.length);
    const parsed = multitaskResultSchema.parse(JSON.parse(JSON.stringify(result)));
    expect(parsed.scaling?.examples).toBe(80);
    expect(parsed.scaling?.curves.map(({ group, index, scale }) => [group, index, scale])).toEqual([
      [0, 0, 1.5],
      [0, 2, 0.5],
      [1, 0, 2],
      [1, 2, 1],
    ]);
    const tables = multitaskStudy.table(parsed, config, words);
    expect(tables[0]?.title).toMatch(/merges at their chosen λ$/);
    const table = tables.find(({ title }) => title.startsWith('Scale λ'));
    expect(table?.rows[1]?.cells.slice(0, 2)).toEqual(['LoRA', 'ties, density = 0.5']);
    const names = multitaskStudy.figures(parsed, config, words).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['Scale λ, LoRA', 'Scale λ, LoRA + CoTo']));
  });

  it('follows the sweep of learning rates, on the same held-out examples', async () => {
    const tune = { learning_rate: [1e-3, 1e-2], seeds: [1], validation_samples: 20, extend: 0 };
    const config = await studyWork('multitask').fit(studyConfigSchema.parse(given({ tune })), studyAdapters);
    expect(config).toMatchObject({ validation_samples: 20 });
    expect(config).not.toHaveProperty('validation_trained');
    const { rounds } = studiedInRounds(config, (spec, runs) => scored(spec, runs[0]?.config.coto !== null));
    expect(rounds.map((round) => round.filter(({ kind }) => kind === 'train').length)).toEqual([8, 8, 0]);
    expect(rounds[2]?.every((spec) => spec.kind === 'score' && spec.validation_samples === undefined)).toBe(true);
    expect(studyWork('multitask').laterScores(config)).toBe(
      rounds
        .slice(1)
        .flat()
        .filter(({ kind }) => kind === 'score').length,
    );
  });

  it('scores on a task only the merges at their λ: λ is chosen on held-out examples of the dataset', () => {
    const score = { task: 'questions.yaml' };
    const { rounds } = study({ tasks: [{ dataset: 'cats', score }, { dataset: 'dogs' }] });
    for (const spec of rounds.flat())
      if (spec.kind === 'score' && spec.dataset === 'cats')
        expect(spec.benchmark).toEqual(spec.validation_samples === undefined ? score : undefined);
  });

  it('has no λ without values of it', () => {
    const { merge_scales: _, ...own } = given();
    const config = studyConfigSchema.parse(own);
    const done = studiedInRounds(own, (spec, runs) => scored(spec, runs[0]?.config.coto !== null));
    expect(done.rounds).toHaveLength(1);
    expect(done.result).not.toHaveProperty('scaling');
    expect(studyKind('multitask').describeConfig(config, words)).toContainEqual({
      label: 'Strength of the merges',
      value: expect.stringMatching(/^each method at its own/),
    });
  });
});
