import { afterEach, describe, expect, it } from 'vitest';
import type { EngineTask } from '../../../src-main/engine/contract.ts';
import type { RunOutcome } from '../../../src-main/engine/events.ts';
import { runTask } from '../../../src-main/engine/jobs/run-job.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { goldenPath } from '../../engine/golden.ts';
import {
  closeBackends,
  openBackend,
  realEngine,
  scriptedEngine,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

afterEach(closeBackends);

const study = (dataset: string, changes: object = {}) => ({
  kind: 'ablation' as const,
  run: { ...tinyConfig, dataset, compute_backend: 'wasm' as const, max_steps: 4, eval_samples: 10 },
  grid: { coto: [null, {}] },
  seeds: [1, 2],
  ...changes,
});

/** Losses by step of every run of a study, by its name. */
async function losses(backend: Awaited<ReturnType<typeof openBackend>>) {
  const runs = await backend.handle('runs.list', {});
  const curves = runs.map(async (run) => {
    const { mean } = await backend.handle('runs.curve', { id: run.id, metric: 'loss' });
    return [run.name, { losses: [...mean], accuracy: run.result?.accuracy, status: run.status }] as const;
  });
  return Object.fromEntries((await Promise.all(curves)).sort(([one], [other]) => (one < other ? -1 : 1)));
}

describe('the runs of a study', () => {
  it('are trained together, each with its own curve, facts and job, and as they are alone', async () => {
    const dataset = tinyIdx();
    const resourcesDirectory = tinyResources();
    const tasks: EngineTask[] = [];
    const startEngine = scriptedEngine(({ task, emit }) => {
      tasks.push(task);
      return runTask(task, { emit, signal: async () => null });
    });
    const together = await openBackend({ startEngine, resourcesDirectory });
    await together.handle('studies.create', { config: study(dataset) });
    await together.idle();
    expect(tasks.map(({ kind }) => kind)).toEqual(['train-together', 'score']);
    const runs = await together.handle('runs.list', {});
    expect(runs.map(({ facts }) => facts?.runsTogether)).toEqual([4, 4, 4, 4]);
    expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed', 'completed']);

    const alone = await openBackend({ startEngine: realEngine, resourcesDirectory });
    for (const { config, name } of runs) await alone.handle('runs.create', { config, name });
    await alone.idle();
    expect((await alone.handle('runs.list', {})).every(({ facts }) => facts?.runsTogether === 1)).toBe(true);
    expect(await losses(together)).toEqual(await losses(alone));
  });

  it('go on without one that diverges, and the study then says which', async () => {
    const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
    const config = study(tinyIdx(), { grid: { learning_rate: [1e-3, 1e38] }, seeds: [1] });
    const created = await backend.handle('studies.create', { config });
    await backend.idle();
    const runs = await backend.handle('runs.list', {});
    const status = (rate: number) => runs.find((run) => run.config.learning_rate === rate);
    expect(status(1e-3)?.status).toBe('completed');
    expect(status(1e38)).toMatchObject({ status: 'failed', error: { code: 'not_finite' } });
    const { error, result } = await backend.handle('studies.get', { id: created.study.id });
    expect(error).toBeNull();
    if (result?.kind !== 'ablation') throw new Error('another kind');
    const [alone] = result.outcomes;
    expect(alone?.cells.map((cell) => cell !== null)).toEqual([true, false]);
    expect(alone?.notes).toEqual([expect.stringContaining('a training diverged (seed 1)')]);
  });

  it('can be paused and cancelled one by one, and resumed alone', async () => {
    const asked: EngineTask[] = [];
    const signalled = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const outcome = (ending: RunOutcome['outcome']): RunOutcome => ({
      outcome: ending,
      result: null,
      adapterDirectory: null,
      adapterStep: null,
    });
    const backend = await openBackend({
      startEngine: scriptedEngine(async ({ task, nextSignal, emit }) => {
        asked.push(task);
        if (task.kind !== 'train-together') return { kind: 'train', ...outcome('cancelled') };
        begun.resolve();
        for (const run of [1, 2]) {
          const signal = await nextSignal();
          emit({ kind: 'run-ended', run, ending: outcome(signal === 'pause' ? 'paused' : 'cancelled') });
        }
        await signalled.promise;
        for (const run of [0, 3]) emit({ kind: 'run-ended', run, ending: outcome('cancelled') });
        return { kind: 'train-together' };
      }),
      resourcesDirectory: tinyResources(),
    });
    await backend.handle('studies.create', { config: study(tinyIdx()) });
    await begun.promise;
    const [task] = asked;
    if (task?.kind !== 'train-together') throw new Error('the runs were not trained together');
    const runs = await backend.handle('runs.list', {});
    const idOf = (place: number) =>
      runs.find((run) => task.runs[place]?.runDirectory.endsWith(run.folder))?.id ?? 'none';
    await backend.handle('runs.pause', { id: idOf(1) });
    await backend.handle('runs.cancel', { id: idOf(2) });
    await expect.poll(async () => (await backend.handle('runs.get', { id: idOf(2) })).status).toBe('cancelled');
    expect((await backend.handle('runs.get', { id: idOf(1) })).status).toBe('paused');
    expect((await backend.handle('runs.get', { id: idOf(0) })).status).toBe('running');
    await expect(backend.handle('runs.stop', { id: idOf(1) })).rejects.toThrow(/is paused/);
    await backend.handle('runs.resume', { id: idOf(1) });
    signalled.resolve();
    await backend.idle();
    expect(asked.map(({ kind }) => kind)).toEqual(['train-together', 'train']);
  });

  it('go on in smaller groups where the engine runs out of memory', async () => {
    const sizes: number[] = [];
    const result = {
      ...{ steps: 4, accuracy: 0.5, evalLoss: 1, trainLoss: 1, metrics: {}, best: null, stoppedEarly: false },
      ...{ meanStepMilliseconds: 1, medianStepMilliseconds: 1, trainSeconds: 1, meanActiveShare: 1, forgetting: null },
    };
    const adapterDirectory = goldenPath('vit-28', 'adapters', 'lora');
    const score = { accuracy: 0.5, loss: 1, metrics: {}, examples: 20, kept: null, total: null, forgetting: null };
    const backend = await openBackend({
      startEngine: scriptedEngine(async ({ task, emit }) => {
        if (task.kind === 'score') {
          for (const { key } of task.subjects) emit({ kind: 'score', key, score });
          return { kind: 'score', scored: task.subjects.length };
        }
        if (task.kind !== 'train-together') throw new Error(`asked for ${task.kind}`);
        sizes.push(task.runs.length);
        const completed: RunOutcome = { outcome: 'completed', result, adapterDirectory, adapterStep: 4 };
        // The whole group fails as a task, and in the first half one run by itself.
        if (task.runs.length === 4) throw new StudioError('out_of_memory', 'There is no memory left.');
        for (const [run] of task.runs.entries()) {
          const short = sizes.length === 2 && run === 1;
          const error = {
            code: 'out_of_memory' as const,
            message: 'There is no memory left.',
            hint: null,
            details: null,
          };
          emit({ kind: 'run-ended', run, ending: short ? { error } : completed });
        }
        return { kind: 'train-together' };
      }),
      resourcesDirectory: tinyResources(),
    });
    const created = await backend.handle('studies.create', { config: study(tinyIdx()) });
    await backend.idle();
    expect(sizes).toEqual([4, 2, 1, 2]);
    expect((await backend.handle('runs.list', {})).map(({ status }) => status)).toEqual([
      'completed',
      'completed',
      'completed',
      'completed',
    ]);
    expect((await backend.handle('studies.get', { id: created.study.id })).status).toBe('completed');
  });
});
