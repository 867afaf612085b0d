import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { EngineResult } from '../../../src-main/engine/contract.ts';
import { openStore } from '../../../src-main/store/open-store.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { resultOf } from '../../../src-shared/domain/jobs/job.ts';
import { goldenPath } from '../../engine/golden.ts';
import { column } from '../../src-shared/curves/make-curve.ts';
import { writeStateAlone } from '../runs/state-alone.ts';
import {
  bundledResources,
  closeBackends,
  openBackend,
  type ScriptedTask,
  scriptedEngine,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

afterEach(closeBackends);

const cancelled: EngineResult = {
  kind: 'train',
  outcome: 'cancelled',
  result: null,
  adapterDirectory: null,
  adapterStep: null,
};

function evaluation(examples: number): EngineResult {
  return {
    kind: 'evaluate',
    result: {
      accuracy: 0.5,
      loss: 1,
      examples,
      metrics: { accuracy: 0.5 },
      confusion: [[examples]],
      forgetting: null,
      labels: ['0'],
      seconds: 0,
    },
  };
}

/** Ends every task only when told to. */
function gated() {
  const tasks: ScriptedTask[] = [];
  const arrivals: (() => void)[] = [];
  const startEngine = scriptedEngine(async (scripted) => {
    tasks.push(scripted);
    arrivals.shift()?.();
    const signal = await scripted.nextSignal();
    return { ...cancelled, outcome: signal === 'pause' ? 'paused' : 'cancelled' };
  });
  const arrival = async (count: number): Promise<void> => {
    while (tasks.length < count) await new Promise<void>((resolve) => arrivals.push(resolve));
  };
  return { startEngine, tasks, arrival };
}

describe('the queue', () => {
  it('does one job at a time in the order of creation and keeps their results', async () => {
    let running = 0;
    const order: number[] = [];
    const backend = await openBackend({
      startEngine: scriptedEngine(async ({ task }) => {
        expect(++running).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        const examples = task.kind === 'evaluate' ? task.eval_samples : 0;
        order.push(examples);
        return evaluation(examples);
      }),
    });
    const dataset = tinyIdx();
    const jobs = [];
    for (const eval_samples of [3, 1, 2])
      jobs.push(await backend.handle('evaluate.start', { model: 'tiny', dataset, eval_samples }));
    expect(jobs.map((job) => job.status)).toEqual(['queued', 'queued', 'queued']);
    await backend.idle();
    expect(order).toEqual([3, 1, 2]);
    const last = resultOf(await backend.handle('jobs.result', { id: jobs[2]?.id ?? '' }), 'evaluate');
    expect(last?.examples).toBe(2);
    expect(await backend.handle('jobs.list', {})).toEqual([]);
    expect(backend.seen('notification').map((one) => one.level)).toEqual(['success', 'success', 'success']);
  });

  it('fails what depends on a failed job, naming it, and goes on with the rest', async () => {
    const { promise: beginning, resolve: begin } = Promise.withResolvers<void>();
    const backend = await openBackend({
      startEngine: scriptedEngine(async ({ task }) => {
        if (task.kind === 'train') await beginning;
        if (task.kind === 'train')
          throw new StudioError('not_finite', 'The loss is NaN at step 3.', 'Lower learning_rate.');
        return evaluation(1);
      }),
    });
    const dataset = tinyIdx();
    const { run, job } = await backend.handle('runs.create', { name: 'Doomed', config: { ...tinyConfig, dataset } });
    const { study, job: studyJob } = await backend.handle('studies.create', {
      config: {
        kind: 'pruning',
        dataset,
        adapters: [{ label: 'x', coto: false, seed: 1, adapter: { runId: run.id } }],
      },
    });
    expect(studyJob.after).toEqual([job.id]);
    const other = await backend.handle('evaluate.start', { model: 'tiny', dataset });
    begin();
    await backend.idle();

    const failed = await backend.handle('runs.get', { id: run.id });
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: 'not_finite', message: 'The loss is NaN at step 3.', hint: 'Lower learning_rate.' },
    });
    expect(await backend.handle('studies.get', { id: study.id })).toMatchObject({
      status: 'failed',
      error: { message: 'It needed "Train Doomed", which failed.' },
    });
    expect((await backend.handle('jobs.get', { id: other.id })).status).toBe('completed');
    expect(backend.seen('notification').find((one) => one.level === 'failure')?.message).toBe(
      'The loss is NaN at step 3.',
    );
  });

  it('cancels a waiting job at once and a running one between steps', async () => {
    const { startEngine, arrival } = gated();
    const backend = await openBackend({ startEngine });
    const dataset = tinyIdx();
    const first = await backend.handle('runs.create', { config: { ...tinyConfig, dataset } });
    const second = await backend.handle('runs.create', { config: { ...tinyConfig, dataset } });
    await arrival(1);
    await backend.handle('runs.cancel', { id: second.run.id });
    expect((await backend.handle('runs.get', { id: second.run.id })).status).toBe('cancelled');
    expect((await backend.handle('runs.get', { id: first.run.id })).status).toBe('running');
    await backend.handle('jobs.cancel', { id: first.job.id });
    await backend.idle();
    expect((await backend.handle('runs.get', { id: first.run.id })).status).toBe('cancelled');
    expect((await backend.handle('jobs.get', { id: first.job.id })).status).toBe('cancelled');
    await expect(backend.handle('runs.stop', { id: first.run.id })).rejects.toThrow(
      /is cancelled: it cannot be stopped/,
    );
  });

  it('pauses a run, holds back a waiting one, and takes both up again at their old places', async () => {
    const { startEngine, tasks, arrival } = gated();
    const backend = await openBackend({ startEngine });
    const dataset = tinyIdx();
    const first = await backend.handle('runs.create', { config: { ...tinyConfig, dataset } });
    const second = await backend.handle('runs.create', { config: { ...tinyConfig, dataset } });
    await arrival(1);
    await backend.handle('runs.pause', { id: second.run.id });
    await backend.handle('runs.pause', { id: first.run.id });
    await backend.idle();
    for (const { run } of [first, second])
      expect((await backend.handle('runs.get', { id: run.id })).status).toBe('paused');
    const queued = await backend.handle('runs.resume', { id: second.run.id });
    expect(queued).toMatchObject({ id: second.job.id, status: 'queued' });
    await arrival(2);
    expect(tasks[1]?.task).toMatchObject({ kind: 'train', resumeFrom: null });
    await backend.handle('runs.cancel', { id: second.run.id });
    await backend.idle();
  });

  it('starts texts of one model beside each other, up to eight, and lets none overtake another job', async () => {
    const started: string[] = [];
    const gates = new Map<string, () => void>();
    const times = { promptTokens: 1, promptSeconds: 0, newTokens: 1, generationSeconds: 0 };
    const startEngine = scriptedEngine(async ({ task }) => {
      const text = task.kind === 'generate' && task.prompt.kind === 'text' ? task.prompt.text : task.kind;
      started.push(text);
      await new Promise<void>((resolve) => gates.set(text, resolve));
      return { kind: 'generate', result: { prompt: text, columns: [{ text, finish: 'end', ...times }] } };
    });
    const backend = await openBackend({ startEngine, resourcesDirectory: bundledResources });
    const write = (text: string, compute_dtype: 'float32' | 'bfloat16' = 'float32') =>
      backend.handle('generation.start', {
        model: 'small-llama',
        columns: [null],
        prompt: { kind: 'text', text },
        compute_dtype,
      });
    const until = async (count: number) => {
      while (started.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const names = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
    const jobs = [];
    for (const name of names) jobs.push(await write(name));
    await until(8);
    const other = await write('other', 'bfloat16');
    const late = await write('late');
    expect(started.toSorted()).toEqual(names.slice(0, 8));
    gates.get('3')?.();
    await until(9);
    expect(started.at(-1)).toBe('9');
    expect((await backend.handle('jobs.get', { id: jobs[2]?.id ?? '' })).status).toBe('completed');
    expect((await backend.handle('jobs.get', { id: jobs[0]?.id ?? '' })).status).toBe('running');
    gates.get('4')?.();
    for (const name of names) gates.get(name)?.();
    await until(10);
    expect(started.at(-1)).toBe('other');
    expect((await backend.handle('jobs.get', { id: late.id })).status).toBe('queued');
    gates.get('other')?.();
    await until(11);
    gates.get('late')?.();
    await backend.idle();
    for (const { id } of [...jobs, other, late])
      expect((await backend.handle('jobs.get', { id })).status).toBe('completed');
  });

  it('is interrupted by an engine that dies, says when memory ran out, and starts a new one', async () => {
    const startEngine = scriptedEngine(async ({ task, die }) => {
      if (task.kind === 'evaluate') return evaluation(1);
      const error: Error & { code?: string } = new Error('Worker terminated due to reaching memory limit');
      error.code = 'ERR_WORKER_OUT_OF_MEMORY';
      die(error);
      return new Promise(() => undefined);
    });
    const backend = await openBackend({ startEngine });
    const dataset = tinyIdx();
    const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset } });
    const after = await backend.handle('evaluate.start', { model: 'tiny', dataset });
    await backend.idle();
    expect(await backend.handle('runs.get', { id: run.id })).toMatchObject({
      status: 'interrupted',
      error: { code: 'out_of_memory', hint: expect.stringContaining('per_device_train_batch_size') },
    });
    expect((await backend.handle('jobs.get', { id: after.id })).status).toBe('completed');
    expect(startEngine.starts).toBe(2);
  });

  it('marks as interrupted what was running when the studio was killed, and goes on with what waited', async () => {
    const { startEngine, arrival, tasks } = gated();
    const resourcesDirectory = tinyResources();
    const backend = await openBackend({ startEngine, resourcesDirectory });
    const dataset = tinyIdx();
    const { run, job } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset } });
    const waiting = await backend.handle('evaluate.start', { model: 'tiny', dataset });
    await arrival(1);
    const folder = await writeStateAlone(`${backend.home}/runs/${run.id}/checkpoints/last-000007`, 7);
    tasks[0]?.emit({
      kind: 'checkpoint',
      checkpoint: { kind: 'last', step: 7, folder, accuracy: null, resumable: true },
    });
    await expect.poll(async () => (await backend.handle('runs.get', { id: run.id })).checkpoints).toHaveLength(1);
    await backend.close(0);
    // A killed process writes nothing more: the database still says "running".
    const store = openStore(`${backend.home}/studio.sqlite`);
    store.jobs.update(job.id, { status: 'running' });
    store.runs.update(run.id, { status: 'running', error: null });
    store.close();

    const again = await openBackend({
      startEngine: scriptedEngine(async () => evaluation(1)),
      home: backend.home,
      resourcesDirectory,
    });
    await again.idle();
    expect(await again.handle('runs.get', { id: run.id })).toMatchObject({
      status: 'interrupted',
      error: { hint: expect.stringContaining('checkpoint at step 7') },
    });
    expect((await again.handle('jobs.get', { id: waiting.id })).status).toBe('completed');
  });

  it('leaves what an earlier session queued alone where the caller asks for that', async () => {
    const { startEngine, arrival } = gated();
    const resourcesDirectory = tinyResources();
    const backend = await openBackend({ startEngine, resourcesDirectory });
    const dataset = tinyIdx();
    await backend.handle('runs.create', { config: { ...tinyConfig, dataset } });
    const waiting = await backend.handle('evaluate.start', { model: 'tiny', dataset });
    await arrival(1);
    await backend.close(0);

    const startOwn = scriptedEngine(async () => evaluation(1));
    const again = await openBackend({
      startEngine: startOwn,
      home: backend.home,
      resourcesDirectory,
      takeUpQueue: false,
    });
    await again.idle();
    expect((await again.handle('jobs.get', { id: waiting.id })).status).toBe('queued');
    const own = await again.handle('evaluate.start', { model: 'tiny', dataset });
    await again.idle();
    expect((await again.handle('jobs.get', { id: own.id })).status).toBe('completed');
    expect((await again.handle('jobs.get', { id: waiting.id })).status).toBe('queued');
  });

  it('keeps what the engine says of a run and tells the clients', async () => {
    const backend = await openBackend({
      startEngine: scriptedEngine(async ({ emit }) => {
        for (let step = 0; step < 50; step++) {
          emit({ kind: 'metrics', columns: [column('loss', [step], [1 / (step + 1)])] });
          emit({ kind: 'masks', masks: { firstStep: step, groupCount: 2, bytes: Uint8Array.from([step % 2, 1]) } });
        }
        return cancelled;
      }),
    });
    const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: tinyIdx() } });
    await backend.idle();
    expect(await backend.handle('runs.metrics', { id: run.id })).toEqual([
      { name: 'loss', count: 50, firstStep: 0, lastStep: 49, lastValue: 1 / 50 },
    ]);
    const [history, ...others] = await backend.handle('runs.history', {
      ids: [run.id],
      metrics: ['loss', 'nothing', 'lo/'],
      masks: true,
      from: 10,
      buckets: 10,
    });
    expect(others).toEqual([]);
    // 40 steps in ten buckets: 8 each, from 8 to 49.
    expect(history?.curves.map(({ metric, width, ends }) => [metric, width, [...ends]])).toEqual([
      ['loss', 8, [15, 23, 31, 39, 47, 49]],
    ]);
    expect(history?.masks).toMatchObject({ width: 8, nextStep: 50, groupCount: 2 });
    await expect(backend.handle('runs.history', { ids: [run.id, 'nobody'], metrics: [] })).rejects.toThrow(/nobody/);
    const masks = await backend.handle('runs.masks', { id: run.id });
    expect(masks?.on).toEqual(Uint32Array.from({ length: 100 }, (_, at) => (at % 2 === 1 ? 1 : (at / 2) % 2)));
    await backend.close();
    expect(backend.seen('run.metrics').flatMap(({ columns }) => [...(columns[0]?.steps ?? [])])).toEqual([
      ...Array(50).keys(),
    ]);
    expect(backend.seen('run.masks').reduce((sum, event) => sum + event.masks.bytes.length, 0)).toBe(100);
    expect(existsSync(`${backend.home}/backend.pid`)).toBe(false);
  });

  it('pauses the training that is under way when the studio is closed', async () => {
    const { startEngine, arrival } = gated();
    const resourcesDirectory = tinyResources();
    const backend = await openBackend({ startEngine, resourcesDirectory });
    const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: tinyIdx() } });
    await arrival(1);
    await backend.close();
    const again = await openBackend({ startEngine, home: backend.home, resourcesDirectory });
    expect((await again.handle('runs.get', { id: run.id })).status).toBe('paused');
    const [job] = await again.handle('jobs.list', { active: true });
    expect(job).toMatchObject({
      subjectId: run.id,
      status: 'paused',
      error: { message: expect.stringContaining('studio was closed') },
    });
    expect(await again.handle('runs.resume', { id: run.id })).toMatchObject({ status: 'queued', error: null });
  });

  it('fails a run on a full disk, and resumes it from its last checkpoint', async () => {
    const resumed: (string | null)[] = [];
    const backend = await openBackend({
      startEngine: scriptedEngine(async ({ task, emit }) => {
        if (task.kind !== 'train') throw new Error('unexpected');
        resumed.push(task.resumeFrom);
        if (task.resumeFrom !== null) return cancelled;
        const folder = await writeStateAlone(join(task.runDirectory, 'checkpoints', 'last-000007'), 7);
        for (let step = 0; step < 9; step++) emit({ kind: 'metrics', columns: [column('loss', [step], [step])] });
        emit({
          kind: 'checkpoint',
          checkpoint: { kind: 'last', step: 7, folder, accuracy: null, resumable: true },
        });
        throw Object.assign(new Error('no space left on device, write'), { code: 'ENOSPC' });
      }),
    });
    const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: tinyIdx() } });
    await backend.idle();
    const failed = await backend.handle('runs.get', { id: run.id });
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: 'disk_full', hint: expect.stringContaining('checkpoint at step 7') },
      checkpoints: [{ folder: `runs/${run.id}/checkpoints/last-000007` }],
    });
    expect((await backend.handle('runs.curve', { id: run.id, metric: 'loss' })).steps).toHaveLength(9);
    await backend.handle('runs.resume', { id: run.id });
    await backend.idle();
    expect(resumed).toEqual([null, join(backend.home, 'runs', run.id, 'checkpoints', 'last-000007')]);
    expect((await backend.handle('runs.curve', { id: run.id, metric: 'loss' })).steps).toHaveLength(7);
    expect(backend.seen('run.restarted').map(({ step }) => step)).toEqual([0, 7]);
  });

  it('ends a task whose events cannot be kept, and says why', async () => {
    const signals: string[] = [];
    const backend = await openBackend({
      startEngine: scriptedEngine(async ({ emit, nextSignal }) => {
        emit({
          kind: 'checkpoint',
          checkpoint: { kind: 'last', step: 1, folder: '/elsewhere', accuracy: null, resumable: true },
        });
        signals.push(await nextSignal());
        return cancelled;
      }),
    });
    const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: tinyIdx() } });
    await backend.idle();
    expect(signals).toEqual(['cancel']);
    expect(await backend.handle('runs.get', { id: run.id })).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('/elsewhere is not below') },
    });
  });

  it('keeps adapters that a waiting job needs, by whatever way it refers to them', async () => {
    const { startEngine, arrival } = gated();
    const backend = await openBackend({ startEngine });
    const dataset = tinyIdx();
    const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset } });
    await arrival(1);
    const adapter = await backend.handle('adapters.import', { path: goldenPath('vit-28', 'adapters', 'lora') });
    const remove = () => backend.handle('adapters.remove', { id: adapter.id });
    const { study, job } = await backend.handle('studies.create', {
      name: 'Needy',
      config: {
        kind: 'pruning',
        dataset,
        adapters: [{ label: 'x', coto: false, seed: 1, adapter: { adapterId: adapter.id } }],
      },
    });
    await expect(remove()).rejects.toThrow(/needed by the job "Needy"/);
    await backend.handle('jobs.cancel', { id: job.id });
    expect((await backend.handle('studies.get', { id: study.id })).status).toBe('cancelled');
    const evaluation = await backend.handle('evaluate.start', {
      model: 'tiny',
      dataset,
      adapters: [{ adapter: { adapterId: adapter.id } }],
    });
    await expect(remove()).rejects.toThrow(/needed by the job "Evaluate lora/);
    await backend.handle('jobs.cancel', { id: evaluation.id });
    expect((await remove()).freedBytes).toBe(adapter.sizeBytes);
    await backend.handle('runs.cancel', { id: run.id });
    await backend.idle();
  });
});
