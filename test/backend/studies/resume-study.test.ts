import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import type { StartEngine } from '../../../src-main/backend/engine/engine-host.ts';
import { runTask } from '../../../src-main/engine/jobs/run-job.ts';
import { resultOf } from '../../../src-shared/domain/jobs/job.ts';
import { goldenPath } from '../../engine/golden.ts';
import {
  closeBackends,
  openBackend,
  scriptedEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

afterEach(closeBackends);

/** The real engine; it counts what it is asked, and dies once `dieAfter` scores have been found out. */
function countingEngine(dieAfter = Number.POSITIVE_INFINITY) {
  const counts = { scores: [] as string[], trainings: 0, tasks: 0 };
  let living = true;
  const start: StartEngine = scriptedEngine(({ task, emit, die }) => {
    counts.tasks++;
    if (task.kind === 'train') counts.trainings++;
    return runTask(task, {
      emit(event) {
        if (event.kind === 'score') {
          if (living && counts.scores.length === dieAfter) {
            living = false;
            die(new Error('killed'));
            throw new Error('killed');
          }
          counts.scores.push(event.key);
        }
        emit(event);
      },
      signal: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return null;
      },
    });
  });
  return { start, counts };
}

async function withAdapters(startEngine: StartEngine) {
  const backend = await openBackend({ startEngine, resourcesDirectory: tinyResources() });
  const lora = goldenPath('vit-28', 'adapters', 'lora');
  // The same tensors at twice the strength: only the config tells them apart.
  const strong = join(temporaryFolder(), 'strong');
  cpSync(lora, strong, { recursive: true });
  const file = join(strong, 'adapter_config.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"lora_alpha": 8', '"lora_alpha": 16'));
  const ids: string[] = [];
  for (const path of [lora, strong]) ids.push((await backend.handle('adapters.import', { path })).id);
  return { backend, ids };
}

describe('a study whose engine dies in the middle', () => {
  const config = (dataset: string, [from, to]: string[]) => ({
    kind: 'interpolation',
    dataset,
    points: 7,
    curves: ['weight-average'],
    pairs: [{ label: 'LoRA', coto: false, from: { adapterId: from }, to: { adapterId: to } }],
  });

  const keys = ['0/from', '0/to', ...[1, 2, 3, 4, 5].map((point) => `0/weight-average/${point}`)];

  it('is interrupted, goes on without repeating a score, and gives the results of an undisturbed one', async () => {
    const dataset = tinyIdx();
    const { start, counts } = countingEngine(3);
    const { backend, ids } = await withAdapters(start);
    const { study, job } = await backend.handle('studies.create', { config: config(dataset, ids) });
    await backend.idle();
    expect(await backend.handle('studies.get', { id: study.id })).toMatchObject({
      status: 'interrupted',
      error: { hint: expect.stringContaining('finished work is not repeated') },
    });
    expect(counts.scores).toEqual(keys.slice(0, 3));

    expect((await backend.handle('studies.resume', { id: study.id })).id).toBe(job.id);
    await backend.idle();
    const done = await backend.handle('studies.get', { id: study.id });
    expect(done.status).toBe('completed');
    expect(counts.scores).toEqual(keys);
    expect(resultOf(await backend.handle('jobs.result', { id: job.id }), 'study')).toEqual({ studyId: study.id });

    // Once more costs nothing: the engine is not even asked.
    const { tasks } = counts;
    const again = await backend.handle('studies.create', { config: config(dataset, ids) });
    await backend.idle();
    expect((await backend.handle('studies.get', { id: again.study.id })).result).toEqual(done.result);
    expect(counts.tasks).toBe(tasks);

    const other = countingEngine();
    const undisturbed = await withAdapters(other.start);
    const { study: whole } = await undisturbed.backend.handle('studies.create', {
      config: config(dataset, undisturbed.ids),
    });
    await undisturbed.backend.idle();
    expect((await undisturbed.backend.handle('studies.get', { id: whole.id })).result).toEqual(done.result);
    expect(other.counts.scores).toHaveLength(7);
  });

  it('shares scores with studies of another kind, and scores again what differs in anything', async () => {
    const dataset = tinyIdx();
    const { start, counts } = countingEngine();
    const { backend, ids } = await withAdapters(start);
    await backend.handle('studies.create', { config: config(dataset, ids) });
    await backend.idle();
    counts.scores.length = 0;
    const pruning = (eval_samples: number) => ({
      kind: 'pruning',
      dataset,
      eval_samples,
      patterns: [],
      sparsities: [0.5],
      adapters: [{ label: 'LoRA', coto: false, seed: 1, adapter: { adapterId: ids[0] } }],
    });
    await backend.handle('studies.create', { config: pruning(0) });
    await backend.idle();
    // Whole, the adapter is an end of the line that was scored already.
    expect(counts.scores).toEqual(['0/grid/0/0']);
    await backend.handle('studies.create', { config: pruning(7) });
    await backend.idle();
    expect(counts.scores).toEqual(['0/grid/0/0', '0/unpruned', '0/grid/0/0']);
  });
});

describe('a study as a whole', () => {
  it('is cancelled with its part, and can be resumed', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    let signalled: string | null = null;
    const backend = await openBackend({
      startEngine: scriptedEngine(async ({ task, nextSignal }) => {
        if (task.kind !== 'score' || signalled !== null) return { kind: 'score', scored: 0 };
        begin();
        signalled = await nextSignal();
        throw Object.assign(new Error('cancelled'), { code: 'cancelled' });
      }),
      resourcesDirectory: tinyResources(),
    });
    const { id } = await backend.handle('adapters.import', { path: goldenPath('vit-28', 'adapters', 'lora') });
    const { study, job } = await backend.handle('studies.create', {
      name: 'Whole',
      config: {
        kind: 'pruning',
        dataset: tinyIdx(),
        adapters: [{ label: 'LoRA', coto: false, seed: 1, adapter: { adapterId: id } }],
      },
    });
    await begun;
    const active = await backend.handle('jobs.list', {});
    expect(active.map(({ kind, parentId, status }) => [kind, parentId, status])).toEqual([
      ['study', null, 'running'],
      ['score', job.id, 'running'],
    ]);
    await backend.handle('jobs.cancel', { id: job.id });
    await backend.idle();
    expect(signalled).toBe('cancel');
    expect((await backend.handle('studies.get', { id: study.id })).status).toBe('cancelled');
    expect((await backend.handle('jobs.get', { id: job.id })).status).toBe('cancelled');
    expect(await backend.handle('jobs.list', {})).toEqual([]);
  });

  it('pauses with its trainings, which save their states, and resumes all', async () => {
    const asked: string[] = [];
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const ended = { steps: 3, accuracy: 0.5, evalLoss: 1, trainLoss: 1, metrics: {}, best: null };
    const times = { meanStepMilliseconds: 1, medianStepMilliseconds: 1, trainSeconds: 1 };
    const result = { ...ended, ...times, stoppedEarly: false, meanActiveShare: 1, forgetting: null };
    const score = { accuracy: 0.5, loss: 1, metrics: {}, examples: 20, kept: null, total: null, forgetting: null };
    const backend = await openBackend({
      startEngine: scriptedEngine(async ({ task, nextSignal, emit }) => {
        asked.push(task.kind);
        if (task.kind === 'score') {
          for (const { key } of task.subjects) emit({ kind: 'score', key, score });
          return { kind: 'score', scored: task.subjects.length };
        }
        if (task.kind !== 'train-together') throw new Error(`asked for ${task.kind}`);
        const adapterDirectory = goldenPath('vit-28', 'adapters', 'lora');
        const completed = { outcome: 'completed' as const, result, adapterDirectory, adapterStep: 3 };
        const paused = { outcome: 'paused' as const, result: null, adapterDirectory: null, adapterStep: null };
        const isFirst = asked.length === 1;
        if (isFirst) begin();
        for (const [run] of task.runs.entries()) {
          if (isFirst) expect(await nextSignal()).toBe('pause');
          emit({ kind: 'run-ended', run, ending: isFirst ? paused : completed });
        }
        return { kind: 'train-together' };
      }),
      resourcesDirectory: tinyResources(),
    });
    const { study, job } = await backend.handle('studies.create', {
      config: {
        kind: 'ablation',
        run: { ...tinyConfig, dataset: tinyIdx() },
        grid: { learning_rate: [1e-3, 2e-3] },
        seeds: [1],
      },
    });
    await begun;
    await backend.handle('jobs.pause', { id: job.id });
    await backend.idle();
    expect((await backend.handle('jobs.get', { id: job.id })).status).toBe('paused');
    expect((await backend.handle('studies.get', { id: study.id })).status).toBe('interrupted');
    expect((await backend.handle('runs.list', {})).map(({ status }) => status)).toEqual(['paused', 'paused']);

    await backend.handle('studies.resume', { id: study.id });
    await backend.idle();
    // Both runs are trained together, taken up together, and then scored in one go.
    expect(asked).toEqual(['train-together', 'train-together', 'score']);
    expect((await backend.handle('runs.list', {})).map(({ status }) => status)).toEqual(['completed', 'completed']);
    const done = await backend.handle('studies.get', { id: study.id });
    expect(done).toMatchObject({ status: 'completed', result: { kind: 'ablation', examples: 20 } });
  });
});

it('a study of a command trains what a session that was killed had queued for the same study', async () => {
  const config = {
    kind: 'ablation',
    run: { ...tinyConfig, dataset: tinyIdx() },
    seeds: [1, 2],
    grid: { coto: [null] },
  };
  const resourcesDirectory = tinyResources();
  const begun = Promise.withResolvers<void>();
  const backend = await openBackend({
    resourcesDirectory,
    startEngine: scriptedEngine(() => {
      begun.resolve();
      return new Promise(() => undefined);
    }),
  });
  await backend.handle('studies.create', { config });
  await begun.promise;
  // The database as a kill would leave it.
  const files = ['studio.sqlite', 'studio.sqlite-wal'];
  const aside = temporaryFolder();
  for (const name of files) cpSync(join(backend.home, name), join(aside, name));
  await backend.close(0);
  for (const name of files) cpSync(join(aside, name), join(backend.home, name));
  // Pretends that the update came before the second run began beside the first.
  const database = new SqliteDatabase(join(backend.home, 'studio.sqlite'));
  const second = database
    .prepare("SELECT subject_id FROM jobs WHERE kind = 'train' ORDER BY rowid DESC LIMIT 1")
    .pluck();
  const run = second.get();
  database.prepare("UPDATE jobs SET status = 'queued', started_at = NULL WHERE subject_id = ?").run(run);
  database.prepare("UPDATE runs SET status = 'queued', started_at = NULL WHERE id = ?").run(run);
  database.close();

  const again = await openBackend({
    home: backend.home,
    resourcesDirectory,
    startEngine: countingEngine().start,
    takeUpQueue: false,
  });
  const { study } = await again.handle('studies.create', { config });
  await again.idle();
  expect(await again.handle('studies.get', { id: study.id })).toMatchObject({ status: 'completed', error: null });
});
