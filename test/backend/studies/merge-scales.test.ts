import { afterEach, expect, it } from 'vitest';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { mergingResultSchema } from '../../../src-shared/studies/merging/merging-schemas.ts';
import { closeBackends, openBackend, tinyConfig, tinyIdx, tinyResources } from '../support.ts';
import { countingEngine } from './counting-engine.ts';

afterEach(closeBackends);

const words = { mergeMethod: (id: string) => id };

it('tunes λ on what the runs held out, and finds a merge at λ = 1 among those at their own strength', async () => {
  const { start, counts } = countingEngine([]);
  const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
  const dataset = tinyIdx(6, 3);
  const run = { ...tinyConfig, dataset, learning_rate: 0.02, validation_samples: 20 };
  const config = (more: object = {}) => ({
    kind: 'merging' as const,
    dataset,
    eval_samples: 0,
    metric: 'loss',
    methods: ['weight-average', 'ensemble', 'task-arithmetic'],
    groups: [{ label: 'LoRA', coto: false, adapters: [1, 2].map((seed) => ({ run: { ...run, seed, coto: null } })) }],
    ...more,
  });
  const done = async (more: object) => {
    const { study } = await backend.handle('studies.create', { config: config(more) });
    await backend.idle();
    return backend.handle('studies.get', { id: study.id });
  };
  // Task arithmetic adds, the average divides by two: λ = 1 and λ = 0.5 of both are one merge.
  const study = await done({ merge_scales: [0.25, 0.5, 1, 2] });
  expect(study).toMatchObject({ status: 'completed', error: null, config: { validation_samples: 20 } });
  expect(study.config).not.toHaveProperty('validation_trained');
  const { scaling, groups } = mergingResultSchema.parse(study.result);
  expect(scaling?.examples).toBe(20);
  const [average, sum] = scaling?.curves ?? [];
  const scoreAt = (curve: typeof average, at: number) => curve?.points.find(({ scale }) => scale === at)?.score;
  for (const scale of [0.25, 0.5, 1]) expect(scoreAt(sum, scale)).toBeCloseTo(scoreAt(average, 2 * scale) ?? 0, 5);
  expect(scoreAt(average, 1)).not.toBeCloseTo(scoreAt(average, 2) ?? 0, 5);
  for (const curve of [average, sum]) {
    const least = Math.min(...(curve?.points ?? []).map(({ score }) => score));
    expect(scoreAt(curve, curve?.scale ?? 0)).toBe(least);
  }
  const table = studyKind('merging')
    .table(study.result, study.config, words)
    .find(({ title }) => title.startsWith('Scale λ'));
  expect(table?.rows.map(({ cells }) => cells.filter((cell) => cell.endsWith('*')).length)).toEqual([1, 1]);

  // At its own strength a method is scored once more only where its λ is not 1.
  const before = counts.scores;
  const own = await done({});
  expect(own.result).not.toHaveProperty('scaling');
  const moved = [average, sum].filter((curve) => curve?.scale !== 1).length;
  expect(counts.scores - before).toBe(moved);
  const ownGroups = mergingResultSchema.parse(own.result).groups;
  expect(ownGroups[0]?.merged[1]).toEqual(groups[0]?.merged[1]);
});

it('refuses before the start what has no λ or nothing to choose it by', async () => {
  const { start, counts } = countingEngine([]);
  const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
  const dataset = tinyIdx(4, 2);
  const create = (more: object, adapter: object = {}) => {
    const run = { ...tinyConfig, dataset, ...adapter };
    return backend.handle('studies.create', {
      config: {
        kind: 'merging',
        dataset,
        eval_samples: 0,
        methods: ['weight-average'],
        merge_scales: [0.5, 1],
        groups: [{ label: 'LoRA', coto: false, adapters: [1, 2].map((seed) => ({ run: { ...run, seed } })) }],
        ...more,
      },
    });
  };
  await expect(create({})).rejects.toThrow('merge_scales: nothing is held out to choose λ by.');
  await expect(create({ validation_samples: 40 })).rejects.toThrow(
    /^validation_samples is 40, and the dataset .* has 40 training examples\.$/,
  );
  await expect(create({ validation_samples: 8, merge_scales: [1, 0] })).rejects.toThrow(/λ = 0 leaves nothing/);
  await expect(
    create({ validation_samples: 8, methods: ['parameter-average'] }, { adapter: { variant: 'dora' } }),
  ).rejects.toThrow(/^methods: .*: The merge has no scale λ to choose: it is a DoRA/);
  expect(counts).toEqual({ trainings: [], scores: 0 });
});
