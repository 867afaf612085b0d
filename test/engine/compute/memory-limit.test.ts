import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngineProcess } from '../../../src-main/backend/engine/engine-host.ts';
import { EngineLostError, EngineSupervisor } from '../../../src-main/backend/engine/engine-supervisor.ts';
import { openHome } from '../../../src-main/backend/home/home.ts';
import { endingOfLostSession } from '../../../src-main/backend/jobs/job-endings.ts';
import { activateCompute, followMemoryLimit } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { engineTaskSchema } from '../../../src-main/engine/contract.ts';
import { freeMemoryBytes, groupMemory, memoryKills } from '../../../src-main/files/control-group.ts';
import { memoryRemedy } from '../../../src-shared/contract/errors.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { openBackend, removeTemporaryFolders, scriptedEngine, tinyIdx } from '../../backend/support.ts';
import { makeMemoryGroup } from './memory-group.ts';

const group = makeMemoryGroup();
if (group === null) console.warn('No control group can be made here (it needs root): memory limits are not tested.');
const folder = mkdtempSync(join(tmpdir(), 'coto-memory-'));
const mebibyte = 2 ** 20;
const plenty = 4096 * mebibyte;

beforeAll(() => {
  group?.limit(plenty);
  group?.add(process.pid);
});
afterAll(() => {
  group?.free(process.pid);
  group?.remove();
  removeTemporaryFolders();
  rmSync(folder, { recursive: true, force: true });
});

/** Leaves so much that an engine which takes all of it is the largest process of the group: that is which the kernel ends. */
function leaveToTheEngine(): void {
  const { limitBytes = 0, availableBytes = 0 } = groupMemory() ?? {};
  group?.limit(limitBytes - availableBytes + 500 * mebibyte);
}

/** Returns the error of a separate engine process that dies during a request. */
async function lossOf(file: string): Promise<unknown> {
  const supervisor = new EngineSupervisor(() => startEngineProcess(process.execPath, new URL(file, import.meta.url)));
  const settings = {
    compute: 'wasm',
    modelDirectory: '',
    dataset: { reader: 'idx', path: '' },
    eval_samples: 0,
    adapters: [],
  };
  const task = engineTaskSchema.parse({ kind: 'evaluate', ...settings });
  const loss: unknown = await supervisor.run(task, () => undefined).catch((thrown: unknown) => thrown);
  await supervisor.close();
  return loss;
}

describe.skipIf(group === null)('a limit of memory, as a container has', () => {
  it('counts as the memory of the machine', () => {
    expect(groupMemory()).toMatchObject({ limitBytes: plenty });
    expect(freeMemoryBytes()).toBeLessThanOrEqual(plenty);
  });

  it.skipIf('reason' in loadAddon())(
    'is said before it is reached, with what helps, and computing goes on',
    async () => {
      group?.limit(200 * mebibyte);
      await activateCompute('native');
      const large = () => tf.zeros([40, 2 ** 20]);
      expect(large).toThrow(expect.objectContaining({ code: 'out_of_memory', hint: memoryRemedy }));
      expect(tf.tidy(() => tf.sum(tf.ones([1000])).dataSync()[0])).toBe(1000);
      group?.limit(plenty);
      await activateCompute('native');
      large().dispose();
    },
  );

  it('is said on WebAssembly too, and read again where it was lowered meanwhile', async () => {
    await activateCompute('wasm');
    const large = () => tf.zeros([40, 2 ** 20]);
    large().dispose();
    const { limitBytes = 0, availableBytes = 0 } = groupMemory() ?? {};
    group?.limit(limitBytes - availableBytes + 200 * mebibyte);
    followMemoryLimit();
    // WebAssembly has taken so much already, and keeps it.
    large().dispose();
    const larger = () => tf.zeros([100, 2 ** 20]);
    expect(larger).toThrow(expect.objectContaining({ code: 'out_of_memory', hint: memoryRemedy }));
    expect(tf.tidy(() => tf.sum(tf.ones([1000])).dataSync()[0])).toBe(1000);
    group?.limit(plenty);
    followMemoryLimit();
    larger().dispose();
  });

  it('is named where the kernel ended the engine for it, and the studio goes on', async () => {
    leaveToTheEngine();
    const before = memoryKills();
    const loss = await lossOf('../../backend/engine/hungry-engine.ts');
    group?.limit(plenty);
    expect(loss).toBeInstanceOf(EngineLostError);
    expect(loss).toMatchObject({
      code: 'out_of_memory',
      message: 'Memory ran out, and the system ended the engine.',
      hint: memoryRemedy,
    });
    expect(memoryKills()).toEqual({ of: before?.of, count: (before?.count ?? 0) + 1 });
  });

  it('is not taken for what ended a studio that lived on after the kernel had ended another process', async () => {
    const backend = await openBackend({ startEngine: scriptedEngine(() => Promise.reject(new Error('not asked'))) });
    const owner = join(backend.home, 'backend.pid');
    const atStart = readFileSync(owner, 'utf8');
    leaveToTheEngine();
    await lossOf('../../backend/engine/hungry-engine.ts');
    group?.limit(plenty);
    // Any job: it begins, which is stored.
    await backend.handle('datasets.add', { path: tinyIdx() });
    const later = readFileSync(owner, 'utf8');
    await backend.close();
    /** Returns true if the next start concludes from these leftovers that memory ran out. */
    const isBlamed = (left: string) => {
      writeFileSync(owner, left);
      const next = openHome(backend.home);
      next.release();
      return next.ranOutOfMemory;
    };
    expect(isBlamed(atStart)).toBe(true);
    expect(isBlamed(later)).toBe(false);
  });
});

it('is not blamed where an engine was ended from outside', async () => {
  const loss = await lossOf('../../backend/engine/killed-engine.ts');
  expect(loss).toMatchObject({ code: 'disconnected', message: 'The engine was ended from outside.' });
});

describe.skipIf(memoryKills() === null)('a studio that the kernel ended since memory ran out', () => {
  it('says so of what was running, and of nothing else', () => {
    const path = join(folder, 'home');
    const killed = openHome(path);
    expect(killed.ranOutOfMemory).toBe(false);
    const owner = readFileSync(join(path, 'backend.pid'), 'utf8');
    killed.release();
    // Simulates a process that opened the home before the kernel killed another one.
    const [process = '', lock = '', count = '', ...of] = owner.split(' ');
    writeFileSync(join(path, 'backend.pid'), [process, lock, Number(count) - 1, ...of].join(' '));
    const next = openHome(path);
    expect(next.ranOutOfMemory).toBe(true);
    next.release();
    writeFileSync(join(path, 'backend.pid'), owner);
    const last = openHome(path);
    expect(last.ranOutOfMemory).toBe(false);
    last.release();
  });

  it('interrupts its run with what helps', () => {
    const job: JobRecord = {
      id: 'job-1',
      kind: 'train',
      title: 'Train',
      status: 'running',
      subjectId: null,
      parentId: null,
      after: [],
      progress: null,
      error: null,
      createdAt: 0,
      startedAt: 0,
      finishedAt: null,
    };
    expect(endingOfLostSession(job, true)).toMatchObject({
      status: 'interrupted',
      error: { code: 'out_of_memory', hint: memoryRemedy },
    });
    expect(endingOfLostSession(job, false)).toMatchObject({ status: 'interrupted', error: { code: 'disconnected' } });
  });
});
