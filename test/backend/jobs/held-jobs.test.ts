import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { StartEngine } from '../../../src-main/backend/engine/engine-host.ts';
import { goldenPath } from '../../engine/golden.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  scriptedEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

/** The machine as the system describes it. */
const machine = vi.hoisted(() => ({ host: 'first', device: 0 }));
vi.mock(import('node:os'), async (original) => ({ ...(await original()), hostname: () => machine.host }));
vi.mock(import('node:fs'), async (original) => {
  const module = await original();
  const { statSync } = module;
  const moved = new Proxy(statSync, {
    apply(stat, self, given) {
      const stats: unknown = Reflect.apply(stat, self, given);
      if (typeof stats === 'object' && stats !== null && 'dev' in stats) stats.dev = Number(stats.dev) + machine.device;
      return stats;
    },
  });
  return { ...module, statSync: moved };
});

let resourcesDirectory: string;
beforeEach(() => {
  resourcesDirectory = tinyResources();
  Object.assign(machine, { host: 'first', device: 0 });
  vi.stubEnv('COTO_STUDIO_CONFIG', join(temporaryFolder(), 'config'));
});
afterEach(async () => {
  await closeBackends();
  vi.unstubAllEnvs();
});

/** An engine that never ends what it is given. */
const idle = scriptedEngine(async ({ nextSignal }) => {
  await nextSignal();
  return { kind: 'train', outcome: 'paused', result: null, adapterDirectory: null, adapterStep: null };
});

const statuses = async (backend: OpenBackend, active = false) =>
  (await backend.handle('jobs.list', { active })).map(({ kind, status }) => `${kind} ${status}`);
const open = (home: string, startEngine: StartEngine = realEngine) =>
  openBackend({ home, startEngine, resourcesDirectory });

const queued = ['train', 'merge', 'prune', 'prune', 'study', 'export'];
const whileQueued = ['train paused', ...queued.map((kind) => `${kind} queued`)];

/** A home that was closed with a paused run and six queued jobs. */
async function homeWithQueue(): Promise<{ home: string; exported: string }> {
  const home = join(temporaryFolder(), 'home');
  const backend = await open(home);
  const dataset = tinyIdx();
  const lora = goldenPath('vit-28', 'adapters', 'lora');
  // The same tensors at twice the strength.
  const strong = join(temporaryFolder(), 'strong');
  cpSync(lora, strong, { recursive: true });
  const file = join(strong, 'adapter_config.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"lora_alpha": 8', '"lora_alpha": 16'));
  const adapters: string[] = [];
  for (const path of [lora, strong]) adapters.push((await backend.handle('adapters.import', { path })).id);
  await backend.idle();
  await backend.close();
  // The lane of computations is held by a run that does not end.
  const waiting = await open(home, idle);
  const config = { ...tinyConfig, dataset };
  await waiting.handle('runs.create', { config: { ...config, seed: 1 } });
  await expect.poll(() => statuses(waiting, true)).toEqual(['train running']);
  await waiting.handle('settings.set', { queue_paused: true });
  await waiting.handle('runs.create', { config: { ...config, seed: 2 } });
  const [adapterId = ''] = adapters;
  await waiting.handle('merge.start', {
    adapters: adapters.map((id) => ({ adapterId: id, weight: 0.5 })),
    method: 'linear',
  });
  for (const name of ['p', 'q'])
    await waiting.handle('prune.start', { adapterId, method: 'magnitude', name, datasetId: null });
  await waiting.handle('studies.create', {
    config: {
      kind: 'interpolation',
      dataset,
      points: 3,
      curves: ['weight-average'],
      pairs: [{ label: 'LoRA', coto: false, from: { adapterId }, to: { adapterId: adapters[1] ?? '' } }],
    },
  });
  const exported = join(temporaryFolder(), 'exported');
  await waiting.handle('export.start', { adapterId, target: 'peft', path: exported });
  await waiting.close();
  return { home, exported };
}

/** Lets the queue run to its end. */
async function finish(backend: OpenBackend): Promise<string[]> {
  await backend.handle('settings.set', { queue_paused: false });
  await backend.idle();
  return (await statuses(backend)).filter((status) => !status.startsWith('import-adapter'));
}
const finished = ['train paused', ...queued.map((kind) => `${kind} completed`)];

it.each([
  ['host name', () => Object.assign(machine, { host: 'second' })],
  ['device number', () => Object.assign(machine, { device: 7 })],
  [
    'inode',
    (home: string) => {
      const aside = `${home}-aside`;
      renameSync(home, aside);
      cpSync(aside, home, { recursive: true });
      rmSync(aside, { recursive: true });
    },
  ],
])('another %s leaves the queue as it is, and every job completes', async (_what, change) => {
  const { home } = await homeWithQueue();
  change(home);
  const backend = await open(home);
  expect(await backend.handle('jobs.held', {})).toEqual({ jobs: [], isAsked: false, lastPath: null });
  expect(await finish(backend)).toEqual(expect.arrayContaining(finished));
});

it('a copy of a home holds its queue until the person continues it, and cancels nothing', async () => {
  const { home, exported } = await homeWithQueue();
  const copy = join(temporaryFolder(), 'copy');
  cpSync(home, copy, { recursive: true });
  for (let time = 0; time < 2; time++) {
    const opened = await open(copy);
    await opened.idle();
    expect((await statuses(opened)).filter((status) => !status.startsWith('import'))).toEqual(whileQueued);
    const held = await opened.handle('jobs.held', {});
    expect(held).toMatchObject({ isAsked: true, lastPath: home });
    expect(held.jobs.map(({ kind, writesTo }) => [kind, writesTo])).toEqual(
      queued.map((kind) => [kind, kind === 'export' ? exported : null]),
    );
    await opened.close();
  }
  const opened = await open(copy);
  await opened.handle('jobs.answerHeld', { continue: true });
  expect((await opened.handle('jobs.held', {})).isAsked).toBe(false);
  expect(await finish(opened)).toEqual(expect.arrayContaining(finished));
  expect(existsSync(exported)).toBe(true);
  await opened.close();
  rmSync(exported, { recursive: true });

  // The original was known all the time, and the copy is from now on.
  for (const path of [home, copy]) {
    const again = await open(path);
    expect(await again.handle('jobs.held', {})).toMatchObject({ jobs: [], isAsked: false });
    if (path === home) expect(await finish(again)).toEqual(expect.arrayContaining(finished));
    await again.close();
  }
});

it('left held, the jobs wait without another question, and new jobs run', async () => {
  const { home } = await homeWithQueue();
  const copy = join(temporaryFolder(), 'copy');
  cpSync(home, copy, { recursive: true });
  const first = await open(copy);
  await first.handle('jobs.answerHeld', { continue: false });
  await first.close();
  const opened = await open(copy);
  const held = await opened.handle('jobs.held', {});
  expect(held).toMatchObject({ isAsked: false, lastPath: null });
  expect(held.jobs.map(({ kind }) => kind)).toEqual(queued);
  const { id } = await opened.handle('evaluate.start', { model: 'tiny', dataset: tinyIdx() });
  await opened.handle('jobs.cancel', { id: held.jobs[1]?.id ?? '' });
  await opened.idle();
  expect((await opened.handle('jobs.get', { id })).status).toBe('completed');
  expect((await opened.handle('jobs.held', {})).jobs).toHaveLength(queued.length - 1);
  await opened.close();
  const last = await open(copy);
  await last.handle('jobs.answerHeld', { continue: true });
  expect(await finish(last)).toEqual(
    expect.arrayContaining(finished.map((status) => (status === 'merge completed' ? 'merge cancelled' : status))),
  );
  await expect(last.handle('jobs.answerHeld', { continue: true })).rejects.toThrow('No queued job is held.');
});

it('an unknown home without a queue asks nothing and is known from then on', async () => {
  const home = join(temporaryFolder(), 'home');
  await (await open(home)).close();
  const copy = join(temporaryFolder(), 'copy');
  cpSync(home, copy, { recursive: true });
  const backend = await open(copy, idle);
  expect(await backend.handle('jobs.held', {})).toMatchObject({ jobs: [], isAsked: false });
  for (const seed of [1, 2])
    await backend.handle('runs.create', { config: { ...tinyConfig, dataset: tinyIdx(), seed, max_steps: seed } });
  await expect.poll(() => statuses(backend, true)).toContain('train running');
  await backend.close();
  const again = await open(copy);
  expect(await again.handle('jobs.held', {})).toMatchObject({ jobs: [], isAsked: false });
  await again.idle();
  expect(await statuses(again)).toContain('train completed');
});

it('asks again while the answer cannot be kept, and says why', async () => {
  const { home } = await homeWithQueue();
  const config = process.env['COTO_STUDIO_CONFIG'] ?? '';
  rmSync(config, { recursive: true });
  writeFileSync(config, 'no folder');
  for (let time = 0; time < 2; time++) {
    const opened = await open(home, idle);
    expect((await opened.handle('jobs.held', {})).isAsked).toBe(true);
    await opened.handle('jobs.answerHeld', { continue: false });
    expect(opened.seen('notification')).toMatchObject([
      { level: 'warning', message: expect.stringContaining(`${config} cannot be written`) },
    ]);
    await opened.close();
  }
  rmSync(config);
  mkdirSync(config);
  const opened = await open(home, idle);
  await opened.handle('jobs.answerHeld', { continue: false });
  expect(opened.seen('notification')).toEqual([]);
  expect(readdirSync(join(config, 'homes'))).toHaveLength(1);
});
