import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { closeBackends, type OpenBackend, openBackend, realEngine, tinyConfig, tinyIdx } from '../support.ts';
import { tellAtOnce } from '../tell-at-once.ts';

let backend: OpenBackend;

beforeEach(async () => {
  tellAtOnce();
  backend = await openBackend({ startEngine: realEngine });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await closeBackends();
});

/** A run that was stopped after its first checkpoints, long before its last step. */
async function stoppedRun(settings: object = {}): Promise<RunRecord> {
  const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 1_000_000, save_steps: 2, eval_steps: 2, ...settings };
  const taken = reached(({ checkpoints }) => checkpoints.some(({ step }) => step > 4));
  const { run } = await backend.handle('runs.create', { config });
  await taken;
  await backend.handle('runs.stop', { id: run.id });
  await backend.idle();
  return find(run.id);
}

/** Resolves when a run is as wanted. */
function reached(isWanted: (run: RunRecord) => boolean): Promise<void> {
  return new Promise((resolve) => {
    backend.on('run.changed', (run) => {
      if (isWanted(run)) resolve();
    });
  });
}

function find(id: string): Promise<RunRecord> {
  return backend.handle('runs.get', { id });
}

const checkpointsOf = (id: string) => backend.handle('runs.checkpoints', { id });

it('checkpoints have their evaluation, size, adapter and what they are needed for', async () => {
  const { id, step, adapterId } = await stoppedRun();
  const checkpoints = await checkpointsOf(id);
  const second = checkpoints.find((one) => one.kind === 'step' && one.step === 2);
  expect(second).toMatchObject({ resumable: true, adapterId: null, neededFor: null });
  expect(second?.bytes).toBeGreaterThan(1000);
  expect(existsSync(second?.path ?? '')).toBe(true);
  expect(second?.evaluation).toEqual({
    loss: expect.any(Number),
    metrics: expect.objectContaining({ accuracy: second?.accuracy }),
  });
  const last = checkpoints.find(({ kind }) => kind === 'last');
  expect(last).toMatchObject({ step, adapterId });
  expect(checkpoints.filter(({ neededFor }) => neededFor === 'resume').map((one) => one.step)).toEqual([step]);
  const best = checkpoints.find(({ kind }) => kind === 'best');
  expect(best?.isBest).toBe(true);
  expect(checkpoints.filter(({ isBest }) => isBest).every((one) => one.step === best?.step)).toBe(true);
});

it('any checkpoint becomes an adapter, and a run is resumed from any', async () => {
  const { id, config } = await stoppedRun({ max_steps: 30, eval_steps: 0 });
  const [first] = (await checkpointsOf(id)).filter(({ kind }) => kind === 'step');
  const adapter = await backend.handle('runs.saveAdapter', { id, folder: first?.folder ?? '' });
  expect(adapter).toMatchObject({ archived: false, origin: { kind: 'run', runId: id, step: 2 } });
  expect((await checkpointsOf(id)).find(({ step }) => step === 2)?.adapterId).toBe(adapter.id);
  expect((await backend.handle('adapters.list', {})).map((one) => one.id)).toContain(adapter.id);
  await backend.handle('runs.resume', { id, folder: first?.folder ?? '' });
  await backend.idle();
  const resumed = await find(id);
  expect(resumed).toMatchObject({ status: 'completed', step: 30 });
  const log = await backend.handle('runs.log', { id });
  expect(log.map(({ text }) => text)).toContain('Resumed at step 2 of 30.');
  // The same numbers as those of a run that was never stopped.
  const { run: unbroken } = await backend.handle('runs.create', { config });
  await backend.idle();
  const losses = await Promise.all(
    [id, unbroken.id].map(async (one) => (await backend.handle('runs.curve', { id: one, metric: 'loss' })).mean),
  );
  expect(losses[0]).toEqual(losses[1]);
});

it('a run whose head was fitted to the base and frozen resumes with that head', async () => {
  const head = 'frozen_after_base_probe';
  const { id, config } = await stoppedRun({ max_steps: 12, eval_steps: 0, head });
  const [first] = (await checkpointsOf(id)).filter(({ kind }) => kind === 'step');
  await backend.handle('runs.resume', { id, folder: first?.folder ?? '' });
  await backend.idle();
  const { run: unbroken } = await backend.handle('runs.create', { config });
  await backend.idle();
  const lossesOf = async (one: string) => (await backend.handle('runs.curve', { id: one, metric: 'loss' })).mean;
  expect(await lossesOf(id)).toEqual(await lossesOf(unbroken.id));
  const log = await backend.handle('runs.log', { id });
  expect(log.filter(({ text }) => text === 'The head was fitted to the plain base and is frozen.')).toHaveLength(1);
});

it('a deleted checkpoint is gone from the disk and the list; the one to resume from only when asked for', async () => {
  const { id, step } = await stoppedRun();
  const [first] = (await checkpointsOf(id)).filter(({ kind }) => kind === 'step');
  const { freedBytes } = await backend.handle('runs.removeCheckpoint', { id, folder: first?.folder ?? '' });
  expect(freedBytes).toBe(first?.bytes);
  expect(existsSync(first?.path ?? '')).toBe(false);
  expect((await find(id)).checkpoints.map(({ folder }) => folder)).not.toContain(first?.folder);
  const needed = (await checkpointsOf(id)).find(({ neededFor }) => neededFor === 'resume');
  const folder = needed?.folder ?? '';
  await expect(backend.handle('runs.removeCheckpoint', { id, folder })).rejects.toThrow(/resumed from this/);
  expect(existsSync(needed?.path ?? '')).toBe(true);
  await backend.handle('runs.removeCheckpoint', { id, folder, evenIfNeeded: true });
  const next = (await checkpointsOf(id)).find(({ neededFor }) => neededFor === 'resume');
  expect(next?.step).toBeLessThanOrEqual(step);
  await expect(backend.handle('runs.removeCheckpoint', { id, folder })).rejects.toThrow(/no checkpoint/);
});

it('a checkpoint is not deleted from which the run is resumed at the same moment', async () => {
  const { id } = await stoppedRun();
  const needed = (await checkpointsOf(id)).find(({ neededFor }) => neededFor === 'resume');
  await backend.handle('settings.set', { queue_paused: true });
  const removal = backend.handle('runs.removeCheckpoint', { id, folder: needed?.folder ?? '', evenIfNeeded: true });
  const refused = expect(removal).rejects.toThrow(/is queued/);
  await backend.handle('runs.resume', { id });
  await refused;
  expect(existsSync(needed?.path ?? '')).toBe(true);
  await backend.handle('runs.cancel', { id });
});

it('a run that ends with its best evaluation keeps that checkpoint, and is not resumed from before it', async () => {
  // In a warmup that is a share of a million steps, the loss would fall by less than its rounding.
  const settings = { load_best_model_at_end: true, metric_for_best_model: 'loss', warmup_steps: 0 };
  const { id, checkpoints } = await stoppedRun(settings);
  const best = checkpoints.find(({ kind }) => kind === 'best');
  const remove = { id, folder: best?.folder ?? '', evenIfNeeded: true };
  await expect(backend.handle('runs.removeCheckpoint', remove)).rejects.toThrow(/ends with its best checkpoint/);
  const earlier = checkpoints.find(({ kind, step }) => kind === 'step' && step < (best?.step ?? 0));
  expect(earlier).toBeDefined();
  await expect(backend.handle('runs.resume', { id, folder: earlier?.folder ?? '' })).rejects.toThrow(/came later/);
});

it('nothing is deleted, nor made of a checkpoint that may be replaced, while the run trains', async () => {
  const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 1_000_000, save_steps: 2, eval_steps: 2 };
  const saved = reached(({ checkpoints }) => checkpoints.length > 1);
  const { run } = await backend.handle('runs.create', { config });
  await saved;
  const { checkpoints } = await find(run.id);
  const folderOf = (kind: string) => checkpoints.find((one) => one.kind === kind)?.folder ?? '';
  const folder = folderOf('step');
  await expect(backend.handle('runs.removeCheckpoint', { id: run.id, folder })).rejects.toThrow(/is running/);
  await expect(backend.handle('runs.saveAdapter', { id: run.id, folder: folderOf('best') })).rejects.toThrow(
    /training/,
  );
  expect(await backend.handle('runs.saveAdapter', { id: run.id, folder })).toMatchObject({ archived: false });
  await backend.handle('runs.cancel', { id: run.id });
  await backend.idle();
});
