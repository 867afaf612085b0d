import { afterAll, describe, expect, it } from 'vitest';
import {
  type EngineHost,
  startEngineProcess,
  startEngineWorker,
} from '../../../src-main/backend/engine/engine-host.ts';
import { closeBackends, openBackend, tinyConfig, tinyIdx } from '../support.ts';

afterAll(closeBackends);

const lost = new URL('./lost-engine.ts', import.meta.url);
const starts = [
  { where: 'its worker thread', start: () => startEngineWorker(lost) },
  { where: 'a process of its own', start: () => startEngineProcess(process.execPath, lost) },
];

describe.each(starts)('the engine in $where', ({ start }) => {
  it('may be lost in the middle of a run, which then resumes to the very bits of an unbroken one', async () => {
    const hosts: EngineHost[] = [];
    const backend = await openBackend({
      startEngine: (home) => {
        if (home === 'process') return null;
        const host = start();
        hosts.push(host);
        return host;
      },
    });
    const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 30, save_steps: 5, seed: 3, coto: {} };
    const unbroken = await backend.handle('runs.create', { config });
    await backend.idle();
    const broken = await backend.handle('runs.create', { config });
    await backend.idle();
    const interrupted = await backend.handle('runs.get', { id: broken.run.id });
    expect(interrupted).toMatchObject({ status: 'interrupted', adapterId: null, error: { code: 'disconnected' } });
    expect(interrupted.error?.hint).toMatch(/checkpoint at step 1[05]/);

    await backend.handle('runs.resume', { id: broken.run.id });
    await backend.idle();
    expect(hosts).toHaveLength(2);
    const [one, other] = await Promise.all(
      [unbroken, broken].map(async ({ run }) => {
        const { adapterId, status } = await backend.handle('runs.get', { id: run.id });
        expect(status).toBe('completed');
        const losses = await backend.handle('runs.curve', { id: run.id, metric: 'loss' });
        const masks = await backend.handle('runs.masks', { id: run.id });
        return { losses, masks, sha256: (await backend.handle('adapters.get', { id: adapterId ?? '' })).sha256 };
      }),
    );
    expect(one?.losses.mean).toHaveLength(30);
    expect(other).toEqual(one);
  });
});
