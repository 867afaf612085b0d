import { describe, expect, it } from 'vitest';
import { studyWork } from '../../../../src-main/engine/studies/index.ts';
import type { PairsOfAdapters } from '../../../../src-shared/domain/merging/mergeability.ts';
import type { JobSpec, Score, ScoreSpec, TrainingSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { studyConfigSchema, studyKind } from '../../../../src-shared/studies/index.ts';
import { mergeabilityResultSchema } from '../../../../src-shared/studies/task-sets/mergeability-schemas.ts';
import { multitaskResultSchema } from '../../../../src-shared/studies/task-sets/multitask-schemas.ts';
import { studiedInRounds } from '../studied-in-rounds.ts';

const words = { mergeMethod: (id: string) => id };
const tune = { learning_rate: [1e-3, 1e-2, 1e-4], seeds: [1], validation_samples: 50, extend: 2 };
const sets = {
  tasks: [{ dataset: 'cats' }, { dataset: 'dogs', name: 'Dogs', settings: { max_steps: 9 } }],
  run: { model: 'base', max_steps: 5 },
  variants: [{ settings: { coto: null } }, { settings: { coto: {} } }],
  seeds: [1, 2],
  methods: ['weight-average'],
  tune,
};
const given = (more: object = {}) => ({
  kind: 'multitask',
  ...sets,
  placebos: false,
  ...more,
});
const pairs = (more: object = {}) => ({ kind: 'mergeability', ...sets, ...more });

/** Best rates by dataset, without and with CoTo. */
const bests: Readonly<Record<string, readonly [number, number]>> = { cats: [1e-3, 1e-3], dogs: [1e-3, 1e-1] };

/** Less by the distance in decades from the best rate of each adapter behind the subject. */
function scored(_: ScoreSpec, runs: readonly TrainingSpec[]): Score {
  const falls = runs.map(({ config: { dataset, coto, learning_rate } }) => {
    const best = bests[dataset]?.[coto === null ? 0 : 1] ?? Number.NaN;
    return 0.1 * Math.abs(Math.log10(learning_rate / best));
  });
  const accuracy = 0.8 - falls.reduce((sum, fall) => sum + fall, 0);
  return { accuracy, loss: 1, metrics: {}, examples: 100, kept: null, total: null };
}

const trainingsOf = (specs: readonly JobSpec[] = []) =>
  specs.flatMap((spec) => (spec.kind === 'train' ? [spec.config] : []));
const told = (specs: readonly JobSpec[] | undefined) =>
  trainingsOf(specs).map(
    ({ dataset, coto, learning_rate, seed }) =>
      `${dataset} ${coto === null ? 'plain' : 'coto'} ${learning_rate} ${seed}`,
  );

describe('sets of tasks whose learning rates are swept', () => {
  const { result, rounds, config } = studiedInRounds(given(), scored);
  const [first, second, third, last] = rounds;

  it('try the same rates for all variants of a task, each task extending its own, all in the same rounds', () => {
    expect(rounds).toHaveLength(4);
    expect(told(first)).toEqual(
      ['cats', 'dogs'].flatMap((dataset) =>
        ['plain', 'coto'].flatMap((coto) => [1e-4, 1e-3, 1e-2].map((rate) => `${dataset} ${coto} ${rate} 1`)),
      ),
    );
    // Cats are best within; dogs with CoTo at the end, so that both variants of dogs go on.
    expect(told(second)).toEqual(['dogs plain 0.1 1', 'dogs coto 0.1 1']);
    expect(told(third)).toEqual(['dogs plain 1 1', 'dogs coto 1 1']);
    const sweep = [first, second, third].flatMap((round = []) => round);
    const trials = sweep.filter((spec) => spec.kind === 'score');
    // Each on the validation split of its own task, which no trial trains on.
    expect(trials).toHaveLength(trainingsOf(sweep).length);
    for (const { validation_samples, subject, dataset } of trials) {
      expect(validation_samples).toBe(50);
      const trained = sweep.find((spec) => subject.kind === 'trained' && spec.key === subject.training);
      expect(trained).toMatchObject({
        config: { dataset, validation_samples: 50, eval_split: 'validation', max_steps: dataset === 'dogs' ? 9 : 5 },
      });
    }
    expect(trials[0]?.title).toBe('cats, LoRA · learning rate 0.0001 · seed 1');
  });

  it('are trained at the rates of their own task and variant, and scored on the test split', () => {
    expect(told(last)).toEqual([
      'cats plain 0.001 1',
      'dogs plain 0.001 1',
      'cats plain 0.001 2',
      'dogs plain 0.001 2',
      'cats coto 0.001 1',
      'dogs coto 0.1 1',
      'cats coto 0.001 2',
      'dogs coto 0.1 2',
    ]);
    // A seed of the sweep is the same run, which is found by its content.
    const tried = rounds.slice(0, -1).flatMap(trainingsOf);
    for (const own of trainingsOf(last)) expect(tried.some((trial) => same(trial, own))).toBe(own.seed === 1);
    for (const spec of last ?? []) if (spec.kind === 'score') expect(spec.validation_samples).toBeUndefined();
  });

  it('say the rates of each task in a table and a figure, and in what is compared', () => {
    const parsed = multitaskResultSchema.parse(result);
    expect(
      parsed.tuning.map(({ task, cells }) => [task, cells.map(({ label, learning_rate }) => [label, learning_rate])]),
    ).toEqual([
      [
        'cats',
        [
          ['LoRA', 1e-3],
          ['LoRA + CoTo', 1e-3],
        ],
      ],
      [
        'Dogs',
        [
          ['LoRA', 1e-3],
          ['LoRA + CoTo', 1e-1],
        ],
      ],
    ]);
    const { table, figures, describeConfig } = studyKind('multitask');
    const [cats, dogs] = table(result, config, words).slice(-2);
    expect([cats?.title, dogs?.title]).toEqual([
      'cats: learning rates tried: validation accuracy (%)',
      'Dogs: learning rates tried: validation accuracy (%)',
    ]);
    expect(cats?.columns.map(({ label }) => label)).toEqual(['Variant', '0.0001', '0.001', '0.01', 'Chosen', 'Note']);
    expect(dogs?.rows[1]?.cells.slice(0, -1)).toEqual(['LoRA + CoTo', '50.0', '60.0', '70.0', '80.0 *', '70.0', '0.1']);
    expect(dogs?.notes?.[0]).toContain('Every variant had the same rates');
    const drawn = figures(result, config, words).slice(-2);
    expect(drawn.map(({ name }) => name)).toEqual(['Learning rates, cats', 'Learning rates, Dogs']);
    expect(drawn[1]?.draw({ dark: false }).data.at(-1)).toMatchObject({ x: [1e-4, 1e-3, 1e-2, 0.1, 1] });
    expect(describeConfig(config, words)).toContainEqual({
      label: 'Learning rates',
      value: '0.001, 0.01, 0.0001 on seed 1, extended up to 2 times, for each task',
    });
    const work = studyWork('multitask');
    expect(work.compared(config, result)).toEqual(trainingsOf(last));
    expect(
      work
        .tunings(config, result)
        .map(({ config: { dataset }, tuning }) => [dataset, tuning.learning_rate, tuning.rates.length]),
    ).toEqual([
      ['cats', 1e-3, 3],
      ['cats', 1e-3, 3],
      ['dogs', 1e-3, 5],
      ['dogs', 1e-1, 5],
    ]);
  });

  it('count what follows the first round', () => {
    const design = studyWork('multitask').design(config);
    expect(design).toMatchObject({ seeds: 2, metrics: ['accuracy'], comparisons: null });
    // Seed 2 of every task and variant; two rates at most in each of two rounds.
    expect(design?.later.map(({ dataset, seed }) => `${dataset} ${seed}`)).toEqual([
      'cats 2',
      'dogs 2',
      'cats 2',
      'dogs 2',
    ]);
    expect(design?.laterScores).toBe(last?.filter(({ kind }) => kind === 'score').length);
    expect(design?.extensions).toBe(2 * 2 * 4);
    const plain = studyConfigSchema.parse(given({ tune: null }));
    expect(studyWork('multitask').design(plain)).toMatchObject({ later: [], laterScores: 0, extensions: 0 });
  });

  it('are the pairs of a study of mergeability too', () => {
    const map: PairsOfAdapters = [];
    const done = studiedInRounds(pairs(), scored, () => map);
    expect(done.rounds.map(told)).toEqual(rounds.map(told));
    expect(mergeabilityResultSchema.parse(done.result).tuning).toEqual(multitaskResultSchema.parse(result).tuning);
    const { table, figures } = studyKind('mergeability');
    expect(table(done.result, done.config, words).at(-1)?.title).toMatch(/^Dogs: learning rates/);
    expect(figures(done.result, done.config, words).at(-1)?.name).toBe('Learning rates, Dogs');
    // Its map of pairs is work too.
    expect(studyWork('mergeability').design(done.config)?.laterScores).toBe(
      done.rounds.at(-1)?.filter(({ kind }) => kind !== 'train').length,
    );
  });

  it.each([given, pairs])('are refused where nothing can be tuned, before anything is trained', (of) => {
    const set = { seed: 1, adapters: [{ adapterId: 'a' }, { adapterId: 'b' }] };
    const groups = [{ label: 'LoRA', coto: false, sets: [set, set] }];
    const { error } = studyConfigSchema.safeParse(of({ run: null, groups }));
    expect(error?.issues.map(({ path, message }) => [path[0], message])).toEqual([
      ['tune', expect.stringMatching(/^A learning rate can be tuned only of a run that the study trains: .*\.$/)],
    ]);
    const plan = (changes: object) => {
      const parsed = studyConfigSchema.parse(of(changes));
      return () => studyWork(parsed.kind).plan(parsed);
    };
    const settings = { learning_rate: 1e-3 };
    expect(plan({ variants: [{ settings }] })).toThrow(
      'learning_rate is a field of the settings of a variant and follows from tune.',
    );
    expect(plan({ tasks: [{ dataset: 'cats', settings: { eval_split: 'test' } }, { dataset: 'dogs' }] })).toThrow(
      'eval_split is a field of the settings of a task',
    );
    expect(plan({ tune: { ...tune, validation_samples: null } })).toThrow(/nothing is held out/);
    expect(plan({ methods: ['no-such'] })).toThrow(/no merge method/);
  });

  it('earlier versions have no tuning', () => {
    const { tuning: _, ...older } = multitaskResultSchema.parse(result);
    expect(multitaskResultSchema.parse(older).tuning).toEqual([]);
  });
});

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
