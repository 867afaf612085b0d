import { afterAll, expect, test } from 'vitest';
import { type EngineHost, startEngineWorker } from '../../../src-main/backend/engine/engine-host.ts';
import { EngineSupervisor } from '../../../src-main/backend/engine/engine-supervisor.ts';
import { silentLog } from '../../../src-main/logging/log.ts';

const supervisors: EngineSupervisor[] = [];
afterAll(() => Promise.all(supervisors.map((supervisor) => supervisor.close())));

/** A supervisor that ends unused engines at once, and the engines that it started. */
function supervise(): { supervisor: EngineSupervisor; hosts: EngineHost[] } {
  const hosts: EngineHost[] = [];
  const supervisor = new EngineSupervisor(
    (home) => {
      if (home === 'process') return null;
      const host = startEngineWorker();
      hosts.push(host);
      return host;
    },
    silentLog,
    0,
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
  const task = {
    kind: 'logits',
    compute: 'wasm',
    modelDirectory: '/no/such/model',
    adapterDirectory: null,
    inputsFile: '/no/inputs',
    outputFile: '/no/outputs',
  } as const;
  await expect(supervisor.run(task, () => undefined)).rejects.toThrow('/no/inputs does not exist');
  await supervisor.probe();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const [worked] = hosts.splice(0);
  const left = await Promise.race([worked?.ended.then(() => 'ended'), Promise.resolve('alive')]);
  expect(left).toBe('alive');
});
