import { describe, expect, it } from 'vitest';
import type { StudyAdapters } from '../../../../src-main/engine/studies/define-study-work.ts';
import { studyWork } from '../../../../src-main/engine/studies/index.ts';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';
import type { Score, ScoreSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { leavesOf } from '../../../../src-shared/domain/studies/plan.ts';
import { encodeOutcomes } from '../../../../src-shared/results/outcomes.ts';
import { studyConfigSchema } from '../../../../src-shared/studies/index.ts';
import { trajectoryStudy } from '../../../../src-shared/studies/trajectory/trajectory.ts';
import { studiedInRounds } from '../studied-in-rounds.ts';
import { studyAdapters } from '../study-adapters.ts';

const words = { mergeMethod: (id: string) => id };
const run = runConfigSchema.parse({ max_steps: 40, learning_rate: 1e-3 });
const config = {
  kind: 'trajectory',
  run,
  grid: { coto: [null, {}] },
  seeds: [1, 2, 3],
  shares: [1, 0.25, 0.5],
};
const work = studyWork('trajectory');

/** Right examples of 100 by seed, so that means over the seeds are the planted levels. */
const offsets = [-2, 0, 2];
/** Planted accuracies in percent by kind of subject, cell and step. */
const planted: Readonly<Record<string, Readonly<Record<'without' | 'coto', Readonly<Record<number, number>>>>>> = {
  trained: { without: { 10: 50, 20: 60, 40: 70 }, coto: { 10: 40, 20: 60, 40: 72 } },
  merge: { without: { 10: 40, 20: 50, 40: 30 }, coto: { 10: 40, 20: 60, 40: 70 } },
  prune: { without: { 10: 30, 20: 30, 40: 30 }, coto: { 10: 40, 20: 50, 40: 60 } },
};

function stepOf({ subject }: ScoreSpec): number {
  const steps = new Set(leavesOf(subject).map((leaf) => (leaf.kind === 'trained' ? leaf.step : undefined)));
  const [step] = steps;
  // The adapters of a merge are of one checkpoint.
  if (steps.size !== 1 || step === undefined) throw new Error('no checkpoint');
  return step;
}

/** The first `right` of 100 examples are right. */
function scoreOf(right: number, rise: number): Score {
  const correct = Uint8Array.from({ length: 100 }, (_, at) => (at < right ? 1 : 0));
  const losses = Float32Array.from(correct, (one) => 1 - one);
  return {
    accuracy: right / 100,
    loss: 1 - right / 100,
    metrics: {},
    examples: 100,
    kept: null,
    total: null,
    outcomes: encodeOutcomes({ losses, correct, tokens: null }),
    forgetting: { measure: 'text-loss', base: 1, adapted: 1 + rise, rise, accuracy: null, count: 9 },
  };
}

function studied(given: object) {
  const { result, ...rest } = studiedInRounds(given, (spec, trainings) => {
    const step = stepOf(spec);
    const [first] = trainings;
    const offset =
      trainings.reduce((sum, { config: { seed } }) => sum + (offsets[seed - 1] ?? 0), 0) / trainings.length;
    const level = planted[spec.subject.kind]?.[first?.config.coto === null ? 'without' : 'coto'][step] ?? 0;
    return scoreOf(level + offset, step / 100 + offset / 1000);
  });
  if (result.kind !== 'trajectory') throw new Error('another kind');
  return { ...rest, result };
}

describe('a study over training', () => {
  const { result, rounds, config: parsed } = studied(config);

  it('trains every cell once, and scores its checkpoints alone, merged and pruned', () => {
    expect(rounds).toHaveLength(1);
    const [specs = []] = rounds;
    expect(specs.filter(({ kind }) => kind === 'train')).toHaveLength(6);
    // Two cells × three checkpoints × (3 alone + 3 pairs + 3 pruned).
    const scores = specs.filter((spec) => spec.kind === 'score');
    expect(scores).toHaveLength(54);
    expect(scores[0]?.title).toBe('without CoTo · seed 1 · step 10');
    expect(result.checkpoints.map(({ share, step }) => [share, step])).toEqual([
      [0.25, 10],
      [0.5, 20],
      [1, 40],
    ]);
  });

  it('finds the planted curves, with intervals over seeds and examples, and paired differences', () => {
    const means = (at: number, cell: number) =>
      result.checkpoints.map(({ outcomes }) => outcomes[at]?.cells[cell]?.own.mean);
    for (const [at, kind] of ['trained', 'merge', 'prune'].entries())
      for (const [cell, arm] of (['without', 'coto'] as const).entries())
        expect(means(at, cell)).toEqual(
          [10, 20, 40].map((step) => expect.closeTo((planted[kind]?.[arm][step] ?? 0) / 100, 10)),
        );
    const merged = result.checkpoints[2]?.outcomes[1]?.cells[1];
    expect(merged?.difference?.mean).toBeCloseTo(0.4, 10);
    expect(merged?.own.bootstrap?.over).toBe('seeds and examples');
    // t(0.975, 2) · 2 / √3 points of accuracy.
    expect(result.checkpoints[0]?.outcomes[0]?.cells[0]?.own.halfWidth).toBeCloseTo((4.3027 * 0.02) / Math.sqrt(3), 5);
  });

  it('has the rise of forgetting at every checkpoint, with its interval over the seeds', () => {
    const [early] = result.checkpoints;
    expect(early?.forgetting.map(({ label }) => label)).toEqual([
      'Alone',
      'Factor average of two seeds',
      'Every other layer',
    ]);
    for (const { cells } of early?.forgetting ?? []) {
      expect(cells[0]?.mean).toBeCloseTo(0.1, 10);
      expect(cells[0]?.halfWidth).toBeCloseTo((4.3027 * 0.002) / Math.sqrt(3), 5);
    }
  });

  it('shows the curves in tables, the best checkpoint beside the last, and draws lines against the share of training', () => {
    const tables = trajectoryStudy.table(result, parsed, words);
    expect(tables.map(({ title }) => title)).toEqual([
      'Alone over the training: accuracy (%) and its paired difference to the reference, with 95 % intervals',
      'Factor average of two seeds over the training: accuracy (%) and its paired difference to the reference, with 95 % intervals',
      'Every other layer over the training: accuracy (%) and its paired difference to the reference, with 95 % intervals',
      'Checkpoint with the best accuracy, beside the last',
      'Forgetting (nats per token) over the training and its paired difference to the reference, ± 95 % over seeds',
    ]);
    expect(tables[1]?.columns.map(({ label }) => label)).toEqual([
      'Cell',
      '25 % (step 10)',
      '50 % (step 20)',
      '100 % (step 40)',
    ]);
    expect(tables[1]?.rows.map(({ cells }) => cells[0])).toEqual([
      'without CoTo (reference)',
      'CoTo',
      'CoTo − without CoTo',
    ]);
    expect(tables[1]?.rows[2]?.cells[3]).toMatch(/^\+40\.0 \(/);
    expect(tables[3]?.rows.map(({ cells }) => cells)).toEqual([
      ['without CoTo', 'Alone', '100 %', '70.0', '70.0', '+0.0'],
      ['CoTo', 'Alone', '100 %', '72.0', '72.0', '+0.0'],
      ['without CoTo', 'Factor average of two seeds', '50 %', '50.0', '30.0', '−20.0'],
      ['CoTo', 'Factor average of two seeds', '100 %', '70.0', '70.0', '+0.0'],
      ['without CoTo', 'Every other layer', '25 %', '30.0', '30.0', '+0.0'],
      ['CoTo', 'Every other layer', '100 %', '60.0', '60.0', '+0.0'],
    ]);
    const figures = trajectoryStudy.figures(result, parsed, words);
    expect(figures.map(({ name }) => name)).toEqual([
      'Alone over the training, accuracy',
      'Factor average of two seeds over the training, accuracy',
      'Every other layer over the training, accuracy',
      'Forgetting over the training: Alone',
      'Forgetting over the training: Factor average of two seeds',
      'Forgetting over the training: Every other layer',
    ]);
    const drawn = figures[1]?.draw({ dark: false });
    expect(drawn?.data.filter(({ mode }) => mode === 'lines+markers')).toMatchObject([
      { x: [25, 50, 100], y: [40, 50, 30].map((value) => expect.closeTo(value, 9)) },
      { x: [25, 50, 100], y: [40, 60, 70].map((value) => expect.closeTo(value, 9)) },
    ]);
    // A band for each line.
    expect(drawn?.data.filter(({ fill }) => fill === 'toself')).toHaveLength(2);
    for (const figure of figures) figure.draw({ dark: true });
  });

  it('sweeps the learning rate once, and then scores the checkpoints at the best rates', () => {
    const tune = { learning_rate: [1e-4, 1e-3, 1e-2], seeds: [1], validation_samples: 10, extend: 0 };
    const { rounds: planned } = studiedInRounds({ ...config, tune }, (spec, [training]) => {
      if (spec.validation_samples !== undefined) return scoreOf(training?.config.learning_rate === 1e-3 ? 60 : 40, 0);
      expect(training?.config).toMatchObject({ learning_rate: 1e-3, eval_split: 'validation' });
      return scoreOf(50, stepOf(spec) / 100);
    });
    expect(planned.map((specs) => specs.filter(({ kind }) => kind === 'train').length)).toEqual([6, 6]);
    expect(planned.map((specs) => specs.filter(({ kind }) => kind === 'score').length)).toEqual([6, 54]);
  });
});

describe('before a study over training starts', () => {
  const fit = (more: object, facts: Partial<StudyAdapters> = {}) =>
    work.fit(studyConfigSchema.parse({ ...config, ...more }), { ...studyAdapters, ...facts });

  it('the run saves checkpoints at the shares', async () => {
    expect(await fit({})).toMatchObject({ total_steps: 40, run: { save_steps: 10 } });
    expect(await fit({ run: { ...run, save_steps: 5 } })).toMatchObject({ run: { save_steps: 5 } });
    // The steps of runs by epochs are those that they will take.
    const steps = await fit(
      { run: { ...run, max_steps: 0 } },
      { budgetOfRun: async () => ({ steps: 80, updateShare: 1, layerPasses: 2 }) },
    );
    expect(steps).toMatchObject({ total_steps: 80, run: { save_steps: 20 } });
  });

  it('the checkpoints of completed runs on disk are taken, whatever their save_steps', async () => {
    const asked: unknown[] = [];
    const fitted = await fit(
      {},
      {
        savedIntervalsOf: async ({ coto, save_steps }, steps) => {
          asked.push([save_steps, ...steps]);
          return coto === null ? [3, 5] : [5];
        },
      },
    );
    expect(fitted).toMatchObject({ run: { save_steps: 5 } });
    expect(asked).toEqual(Array.from({ length: 6 }, () => [0, 10, 20, 40]));
    // No checkpoint is taken by chance: every third step is none of these.
    expect(await fit({}, { savedIntervalsOf: async () => [3] })).toMatchObject({ run: { save_steps: 10 } });
  });

  it('bad input is refused in one sentence that names the field', async () => {
    await expect(fit({ grid: { max_steps: [40, 80] } })).rejects.toMatchObject({
      message:
        'grid: "max steps 40" trains for 40 steps and "max steps 80" for 80, so a share would compare checkpoints of runs of different lengths.',
      field: 'grid',
    });
    await expect(fit({ run: { ...run, save_steps: 15 } })).rejects.toMatchObject({
      message: 'shares: the runs save a checkpoint every 15 of 40 steps, so there is none at 25 % (step 10).',
      field: 'shares',
    });
    await expect(fit({}, { measuresForgetting: () => false })).rejects.toMatchObject({
      message: expect.stringMatching(/^forgetting: there is nothing to measure it on/),
      field: 'forgetting',
    });
    await expect(fit({ forgetting: false }, { measuresForgetting: () => false })).resolves.toBeDefined();
    await expect(fit({ run: { ...run, eval_steps: 5, early_stopping_patience: 2 } })).rejects.toMatchObject({
      message: expect.stringMatching(/^run: early stopping/),
    });
    const tune = {
      learning_rate: [1e-3, 1e-2],
      per_device_train_batch_size: [8, 16],
      seeds: [1],
      validation_samples: 10,
    };
    await expect(fit({ tune, run: { ...run, max_steps: 0 } })).rejects.toMatchObject({ field: 'tune' });
    await expect(fit({ tune })).resolves.toMatchObject({ total_steps: 40 });
    await expect(fit({ grid: { save_steps: [5, 10] } })).rejects.toMatchObject({
      message: expect.stringMatching(/^grid: save_steps decides/),
    });
    expect(() => work.plan(studyConfigSchema.parse({ ...config, seeds: [1] }))).toThrow(/there is one seed/);
  });

  it('forgetting that is not wanted is not measured', () => {
    const specs = work.plan(studyConfigSchema.parse({ ...config, forgetting: false }));
    const scores = specs.filter((spec) => spec.kind === 'score');
    expect(new Set(scores.map(({ forgetting }) => forgetting))).toEqual(new Set([false]));
  });
});
