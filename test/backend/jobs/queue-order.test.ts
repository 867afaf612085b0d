import { afterEach, expect, it } from 'vitest';
import type { EngineResult } from '../../../src-main/engine/contract.ts';
import { closeBackends, openBackend, type ScriptedTask, scriptedEngine, tinyConfig, tinyIdx } from '../support.ts';

afterEach(closeBackends);

const cancelled: EngineResult = {
  kind: 'train',
  outcome: 'cancelled',
  result: null,
  adapterDirectory: null,
  adapterStep: null,
};

/** Runs every task until it is signaled. */
function gated() {
  const started: number[] = [];
  const tasks: ScriptedTask[] = [];
  const startEngine = scriptedEngine(async (scripted) => {
    tasks.push(scripted);
    const { task } = scripted;
    started.push(task.kind === 'train' ? task.config.seed : -1);
    await scripted.nextSignal();
    return cancelled;
  });
  return { startEngine, started };
}

async function threeRuns(gate: ReturnType<typeof gated>) {
  const backend = await openBackend({ startEngine: gate.startEngine });
  const dataset = tinyIdx();
  const jobs = [];
  // Runs of one length would be trained together.
  for (const seed of [1, 2, 3])
    jobs.push((await backend.handle('runs.create', { config: { ...tinyConfig, dataset, seed, max_steps: seed } })).job);
  const until = (count: number) => expect.poll(() => gate.started.length).toBe(count);
  return { backend, jobs, until };
}

it('a queued job is moved before another, or to the end, and cannot be once it runs', async () => {
  const gate = gated();
  const { backend, jobs, until } = await threeRuns(gate);
  const [first, second, third] = jobs.map(({ id }) => id);
  await until(1);
  await backend.handle('jobs.move', { id: third ?? '', before: second ?? '' });
  await expect.poll(() => backend.seen('list.changed')).toContainEqual({ list: 'jobs' });
  const order = async () => (await backend.handle('jobs.list', {})).map(({ id }) => id);
  expect(await order()).toEqual([first, third, second]);
  await backend.handle('jobs.move', { id: third ?? '', before: null });
  expect(await order()).toEqual([first, second, third]);
  await backend.handle('jobs.move', { id: third ?? '', before: second ?? '' });
  await expect(backend.handle('jobs.move', { id: first ?? '', before: null })).rejects.toThrow('no longer queued');
  await backend.handle('runs.cancel', { id: jobs[0]?.subjectId ?? '' });
  await until(2);
  expect(gate.started).toEqual([1, 3]);
});

it('a paused queue lets the running job end, starts none after it, and goes on where it was', async () => {
  const gate = gated();
  const { backend, jobs, until } = await threeRuns(gate);
  await until(1);
  await backend.handle('settings.set', { queue_paused: true });
  await backend.handle('runs.cancel', { id: jobs[0]?.subjectId ?? '' });
  await backend.idle();
  expect(gate.started).toEqual([1]);
  expect((await backend.handle('jobs.list', {})).map(({ status }) => status)).toEqual(['queued', 'queued']);
  await backend.handle('settings.set', { queue_paused: false });
  await until(2);
  expect(gate.started).toEqual([1, 2]);
});
