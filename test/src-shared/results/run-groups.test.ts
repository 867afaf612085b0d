import { describe, expect, test } from 'vitest';
import { type RunRecord, runConfigSchema, runRecordSchema } from '../../../src-shared/domain/runs/run.ts';
import { groupLabels } from '../../../src-shared/results/group-labels.ts';
import {
  groupDifference,
  groupRuns,
  metricOf,
  seedValues,
  summarizeGroups,
} from '../../../src-shared/results/run-groups.ts';

type Config = Parameters<typeof runConfigSchema.parse>[0];

let made = 0;

/** A run of these settings; without an accuracy it has no result yet. */
function run(config: Config, accuracy: number | null = null, changes: Partial<RunRecord> = {}): RunRecord {
  const id = `run-${++made}`;
  return runRecordSchema.parse({
    ...{ id, name: id, status: accuracy === null ? 'running' : 'completed', folder: id, createdAt: made },
    ...{ config: runConfigSchema.parse(config), modelId: 'base', datasetId: 'digits', step: 0 },
    ...{ tags: [], note: '', starred: false, archived: false, studyId: null, facts: null, adapterId: null },
    ...{ checkpoints: [], error: null, startedAt: null, finishedAt: null },
    result:
      accuracy === null
        ? null
        : {
            ...{ steps: 9, accuracy, evalLoss: 1, trainLoss: 1, meanStepMilliseconds: 1, medianStepMilliseconds: 1 },
            ...{ meanActiveShare: 1, trainSeconds: 1 },
          },
    ...changes,
  });
}

const coto = {};

describe('groups of runs', () => {
  test('seeds of the same settings are one group, in the order of their first run', () => {
    const [a, b, c, d] = [run({ seed: 1 }), run({ seed: 1, coto }), run({ seed: 2 }), run({ seed: 2, coto })];
    expect(groupRuns([a, b, c, d]).map(({ runs }) => runs)).toEqual([
      [a, c],
      [b, d],
    ]);
  });

  test('a setting, the base and the dataset tell groups apart; how often a run is logged does not', () => {
    const runs = [
      run({ seed: 1 }),
      run({ seed: 2, logging_steps: 10, save_steps: 50, save_minutes: 10, eval_steps: 20 }),
      run({ seed: 3, learning_rate: 0.01 }),
      run({ seed: 4 }, null, { modelId: 'other' }),
      run({ seed: 5 }, null, { datasetId: 'letters' }),
      run({ seed: 6, data_seed: 1 }),
      run({ seed: 7, data_seed: 2 }),
      // These evaluations choose the checkpoint that is scored.
      run({ seed: 8, eval_steps: 20, load_best_model_at_end: true }),
      run({ seed: 9, eval_steps: 40, load_best_model_at_end: true }),
    ];
    expect(groupRuns(runs).map((group) => group.runs.map(({ config }) => config.seed))).toEqual([
      [1, 2],
      [3],
      [4],
      [5],
      [6, 7],
      [8],
      [9],
    ]);
  });

  test('the score of a group is the mean of its seeds with Student’s interval', () => {
    // 0.70, 0.71, 0.75: mean 0.72, s = √0.0007, t(0.975, 2) = 4.302653; half width 4.302653 · √(0.0007 / 3) = 0.065724.
    const [summary] = summarizeGroups(
      groupRuns([run({ seed: 1 }, 0.7), run({ seed: 2 }, 0.71), run({ seed: 3 }, 0.75), run({ seed: 4 })]),
    );
    expect(summary?.seeds).toBe(4);
    expect(summary?.score).toMatchObject({ metric: 'accuracy', label: 'Accuracy', interval: { n: 3 } });
    expect(summary?.score?.interval.mean).toBeCloseTo(0.72, 12);
    expect(summary?.score?.interval.halfWidth).toBeCloseTo(0.065724, 6);
    expect(summary?.difference).toBeNull();
  });

  test('a seed that was run again counts once, by its newest result', () => {
    const runs = [run({ seed: 1 }, 0.5), run({ seed: 1 }, 0.6), run({ seed: 1 }), run({ seed: 2 }, 0.8)];
    expect(seedValues(runs, metricOf('accuracy')).map(({ value }) => value)).toEqual([0.6, 0.8]);
    expect(summarizeGroups(groupRuns(runs))[0]).toMatchObject({ seeds: 2, score: { interval: { n: 2 } } });
  });
});

describe('the difference to the baseline', () => {
  test('is paired over the seeds that both have', () => {
    const runs = [
      run({ seed: 1 }, 0.6),
      run({ seed: 2 }, 0.7),
      run({ seed: 4 }, 0.1),
      run({ seed: 2, coto }, 0.74),
      run({ seed: 1, coto }, 0.62),
      run({ seed: 3, coto }, 0.9),
    ];
    // Seed 1: 0.62 − 0.60 = 0.02; seed 2: 0.74 − 0.70 = 0.04. Mean 0.03, s = √0.0002, t(0.975, 1) = 12.7062.
    const [without, withCoto] = summarizeGroups(groupRuns(runs));
    expect(without?.difference).toBeNull();
    expect(withCoto?.difference?.baseline).toBe(without?.group);
    expect(withCoto?.difference?.interval).toMatchObject({ n: 2 });
    expect(withCoto?.difference?.interval.mean).toBeCloseTo(0.03, 12);
    expect(withCoto?.difference?.interval.halfWidth).toBeCloseTo((12.7062047 * Math.sqrt(0.0002)) / Math.sqrt(2), 6);
  });

  test('takes the only baseline if none has the same learning rate, and says so', () => {
    const tuned = [run({ seed: 1, learning_rate: 0.001 }, 0.6), run({ seed: 1, learning_rate: 0.01, coto }, 0.7)];
    expect(summarizeGroups(groupRuns(tuned))[1]?.difference).toMatchObject({
      otherSettings: ['learning_rate'],
      interval: { n: 1, halfWidth: null },
    });
    const ambiguous = [...tuned, run({ seed: 1, learning_rate: 0.003 }, 0.65)];
    expect(summarizeGroups(groupRuns(ambiguous))[1]?.difference).toBeNull();
  });

  test('is missing for a run of another dataset or rank, and without a common seed', () => {
    const [own, other, ranked, seeded] = groupRuns([
      run({ seed: 1, coto }, 0.7),
      run({ seed: 1 }, 0.6, { datasetId: 'letters' }),
      run({ seed: 1, adapter: { parameters: { r: 4 } } }, 0.6),
      run({ seed: 2 }, 0.6),
    ]);
    expect(
      summarizeGroups(groupRuns([own, other, ranked, seeded].flatMap((group) => group?.runs ?? [])))[0],
    ).toMatchObject({ difference: null });
    if (own && seeded) expect(groupDifference(own, seeded, metricOf('accuracy'))).toBeNull();
  });
});

test('groups that would share a name say the settings in which they differ', () => {
  const groups = groupRuns([
    run({ seed: 1, learning_rate: 0.001 }),
    run({ seed: 1, learning_rate: 0.01 }),
    run({ seed: 1, learning_rate: 0.01, coto }),
  ]);
  const labels = groupLabels(groups, ({ config }) => (config.coto ? 'LoRA + CoTo' : 'LoRA'));
  expect([...labels.values()]).toEqual(['LoRA · learning rate 0.001', 'LoRA · learning rate 0.01', 'LoRA + CoTo']);
});
