import { afterEach, expect, it } from 'vitest';
import { runTask } from '../../../src-main/engine/jobs/run-job.ts';
import { resultOf } from '../../../src-shared/domain/jobs/job.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { mergeabilityResultSchema } from '../../../src-shared/studies/task-sets/mergeability-schemas.ts';
import { multitaskResultSchema } from '../../../src-shared/studies/task-sets/multitask-schemas.ts';
import { goldenPath } from '../../engine/golden.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  scriptedEngine,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

afterEach(closeBackends);

const words = { mergeMethod: (id: string) => id };

it('trains what is missing, scores every row on every task, repeats nothing, and agrees with the merge bench', async () => {
  const counts = { trainings: 0, scores: 0, tasks: 0 };
  const startEngine = scriptedEngine(({ task, emit }) => {
    counts.tasks++;
    if (task.kind === 'train-together') counts.trainings += task.runs.length;
    return runTask(task, {
      emit(event) {
        if (event.kind === 'score') counts.scores++;
        emit(event);
      },
      signal: async () => null,
    });
  });
  const backend = await openBackend({ startEngine, resourcesDirectory: tinyResources() });
  const [ten, three] = [tinyIdx(4, 6), tinyIdx(4, 6, 3)];
  const config = {
    kind: 'multitask',
    tasks: [
      { dataset: ten, name: 'ten' },
      { dataset: three, name: 'three' },
    ],
    run: { ...tinyConfig, learning_rate: 0.02 },
    seeds: [1, 2],
    variants: [{ settings: { coto: null } }],
    methods: ['weight-average', 'ensemble', { method: 'ties', parameters: { search: 'weights' } }],
    random_adapters: true,
    search_evaluations: 2,
    tuning_samples: 4,
  };
  const started = await backend.handle('studies.create', { config });
  await backend.idle();
  const study = await backend.handle('studies.get', { id: started.study.id });
  expect(study).toMatchObject({ status: 'completed', error: null });
  // Two seeds × two tasks; base, own and single, two merges with three controls each, and the ensemble.
  expect(counts).toMatchObject({ trainings: 4, scores: 4 * (3 + 2 * 4 + 1) });
  const result = multitaskResultSchema.parse(study.result);
  expect(result.tasks.map(({ name, examples }) => [name, examples])).toEqual([
    ['ten', 60],
    ['three', 18],
  ]);
  expect(result.groups.map(({ label, seeds }) => [label, seeds])).toEqual([['LoRA', [1, 2]]]);
  const tuned = result.groups[0]?.tuned[0] ?? [];
  expect(tuned.filter((row) => row !== null).map(({ weights }) => weights.length)).toEqual([2]);
  const tables = studyKind('multitask').table(study.result, study.config, words);
  expect(tables.map(({ rows }) => rows.length)).toEqual([12, 2]);

  // The Merge page scores the same merge with the same heads.
  const runs = await backend.handle('runs.list', { archived: false });
  const adapterOf = (dataset: string, seed: number) =>
    runs.find((run) => run.config.seed === seed && run.config.coto === null && run.config.dataset.includes(dataset))
      ?.adapterId;
  const adapters = [ten, three].map((path) => ({ adapterId: adapterOf(path, 1) ?? '', weight: 1 }));
  const job = await backend.handle('merge.start', {
    name: 'both',
    adapters,
    method: 'weight-average',
    parameters: {},
  });
  await backend.idle();
  const merged = resultOf(await backend.handle('jobs.result', { id: job.id }), 'merge');
  const row = result.rows.findIndex(({ method, kind }) => method === 'weight-average' && kind === 'merge');
  const cells = result.groups[0]?.cells[0] ?? [];
  const columns = merged?.matrix.rows.map(({ accuracies }) => accuracies) ?? [];
  expect(columns.map((accuracies) => accuracies[2])).toEqual(cells[row]?.map(({ value }) => value));
  expect(columns.map((accuracies) => accuracies[3])).toEqual(cells[0]?.map(({ value }) => value));
  expect(columns.map((accuracies, task) => accuracies[task])).toEqual(cells[1]?.map(({ value }) => value));

  // Does the verdict predict what merges of these adapters lose? Nothing is trained again, and what is known is not scored.
  const before = { ...counts };
  const { tasks: named, run, seeds, variants } = config;
  const predicted = await backend.handle('studies.create', {
    config: { kind: 'mergeability', methods: ['weight-average'], tasks: named, run, seeds, variants },
  });
  await backend.idle();
  const prediction = await backend.handle('studies.get', { id: predicted.study.id });
  expect(prediction).toMatchObject({ status: 'completed', error: null });
  const { groups, answers } = mergeabilityResultSchema.parse(prediction.result);
  expect(answers).toHaveLength(1);
  expect(groups.map(({ adapters: all, pairs }) => [all.length, pairs.length])).toEqual([[4, 4]]);
  // Among the pairs, those of one set are merges that the other study has scored; the two pairs of seeds are new.
  expect(counts).toMatchObject({ trainings: before.trainings, scores: before.scores + 2 * 2 });
  const ownSet = groups[0]?.pairs.find(({ first, second }) => first === 0 && second === 2);
  expect(ownSet?.merges[0]?.values).toEqual(cells[row]?.map(({ value }) => value));
  const [map] = await compareDirectly(backend, adapters);
  expect(ownSet).toMatchObject({ overlap: map?.overlap, cosine: map?.cosine, conflict: map?.conflict });
  expect(map).not.toHaveProperty('verdict');

  // Once more costs nothing: the engine is not even asked.
  const { tasks } = counts;
  const again = await backend.handle('studies.create', { config });
  await backend.idle();
  expect((await backend.handle('studies.get', { id: again.study.id })).result).toEqual(study.result);
  expect(counts.tasks).toBe(tasks);
});

/** The map of the Merge page. */
async function compareDirectly(backend: OpenBackend, adapters: readonly { adapterId: string; weight: number }[]) {
  return (await backend.handle('merge.mergeability', { adapters: [...adapters], seed: 0 })).pairs;
}

it('refuses before the start what cannot be decided', async () => {
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
  const lora = goldenPath('vit-28', 'adapters', 'lora');
  const { id } = await backend.handle('adapters.import', { path: lora });
  const create = (more: object) =>
    backend.handle('studies.create', {
      config: {
        kind: 'multitask',
        tasks: [{ dataset: tinyIdx() }, { dataset: tinyIdx(4, 2, 3) }],
        groups: [{ label: 'LoRA', coto: false, sets: [{ seed: 1, adapters: [{ adapterId: id }, { adapterId: id }] }] }],
        ...more,
      },
    });
  await expect(create({})).rejects.toThrow(/was not trained for the labels/);
  await expect(create({ tasks: [{ dataset: tinyIdx() }] })).rejects.toThrow(/two or more tasks/);
  await expect(create({ groups: [], run: null })).rejects.toThrow();
  expect(await backend.handle('studies.list', {})).toEqual([]);
});
