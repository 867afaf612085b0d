import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type EngineHost, startEngineWorker } from '../../../src-main/backend/engine/engine-host.ts';
import { EngineSupervisor } from '../../../src-main/backend/engine/engine-supervisor.ts';
import { KnownBackends } from '../../../src-main/backend/engine/known-backends.ts';
import { silentLog } from '../../../src-main/logging/log.ts';
import { logitsOfNothing } from './logits-of-nothing.ts';

const supervisors: EngineSupervisor[] = [];
afterAll(() => Promise.all(supervisors.map((supervisor) => supervisor.close())));

/** A supervisor that ends unused engines at once, and the engines that it started. */
function supervise(kept: KnownBackends | null = null): { supervisor: EngineSupervisor; hosts: EngineHost[] } {
  const hosts: EngineHost[] = [];
  const supervisor = new EngineSupervisor(
    (home) => {
      if (home === 'process') return null;
      const host = startEngineWorker();
      hosts.push(host);
      return host;
    },
    silentLog,
    { ends: 0, kept },
  );
  supervisors.push(supervisor);
  return { supervisor, hosts };
}

test('an engine that was only probed gives its memory back, and what it found stays known', async () => {
  const { supervisor, hosts } = supervise();
  await supervisor.probe();
  const [probed] = hosts.splice(0);
  expect(await probed?.ended).toBeNull();
  expect(supervisor.backends('auto')?.find(({ id }) => id === 'wasm')).toMatchObject({ available: true });
});

test('one that has worked is kept: it may hold what the next task needs', async () => {
  const { supervisor, hosts } = supervise();
  await expect(supervisor.run({ ...logitsOfNothing, compute: 'wasm' }, () => undefined)).rejects.toThrow(
    '/no/inputs does not exist',
  );
  await supervisor.probe();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const [worked] = hosts.splice(0);
  const left = await Promise.race([worked?.ended.then(() => 'ended'), Promise.resolve('alive')]);
  expect(left).toBe('alive');
});

test('the next start knows the backends found without an engine', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coto-known-'));
  const file = join(folder, 'compute.json');
  const first = supervise(new KnownBackends(file));
  expect(first.supervisor.backends('auto')).toBeNull();
  await first.supervisor.probe();
  const found = first.supervisor.backends('auto');
  await expect.poll(() => new KnownBackends(file).read()).toHaveLength(found?.length ?? 0);

  const second = supervise(new KnownBackends(file));
  expect(second.supervisor.backends('auto')).toEqual(found);
  expect(second.supervisor.backends('wasm')?.find(({ chosen }) => chosen)?.id).toBe('wasm');
  expect(second.hosts).toEqual([]);
  // A task asks the engine: what was found may be there no more.
  await second.supervisor.prepare();
  expect(second.hosts).toHaveLength(1);

  expect(new KnownBackends(file).read(Date.now() + 25 * 3600 * 1000)).toBeNull();
  const variables = process.env;
  process.env = { ...variables, COTO_COMPUTE_BACKENDS: 'wasm' };
  expect(new KnownBackends(file).read()).toBeNull();
  process.env = variables;
  writeFileSync(file, '{"half":');
  expect(new KnownBackends(file).read()).toBeNull();
  rmSync(folder, { recursive: true });
});
