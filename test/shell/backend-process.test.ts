import { EventEmitter } from 'node:events';
import { beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../src-main/logging/log.ts';
import { startBackendProcess } from '../../src-main/shell/backend-process.ts';
import type { BackendStatus } from '../../src-shared/contract/bridge.ts';
import { helloMessage } from '../../src-shared/rpc/hello.ts';

/** A utility process that says what the test has it say. */
class FakeProcess extends EventEmitter {
  readonly posted: unknown[] = [];
  readonly stdout = null;
  readonly stderr = null;
  postMessage(message: unknown): void {
    this.posted.push(message);
  }
  kill(): void {}
}

const { started } = vi.hoisted(() => ({ started: [] as unknown[] }));
vi.mock('electron', () => ({
  utilityProcess: {
    fork: () => {
      const child = new FakeProcess();
      started.push(child);
      return child;
    },
  },
}));

beforeEach(() => {
  started.length = 0;
});

function processAt(index: number): FakeProcess {
  const found = started[index];
  if (!(found instanceof FakeProcess)) throw new Error(`process ${index} was not started`);
  return found;
}

function open() {
  const told: BackendStatus['status'][] = [];
  const backend = startBackendProcess({
    entry: 'backend.mjs',
    home: '/home',
    compiled: null,
    resourcesDirectory: '/resources',
    node: null,
    log: silentLog,
    grants: () => [],
    onMessage: () => undefined,
    onKnownPaths: () => undefined,
    onStatus: ({ status }) => told.push(status),
  });
  return { backend, told };
}

test('a backend that is started while the failed one before it still ends is asked', () => {
  const { backend, told } = open();
  const error = { code: 'damaged_home', message: 'It is damaged.', hint: null, details: null } as const;
  processAt(0).emit('message', helloMessage({ ready: false, error }));
  backend.restart('restore');
  processAt(1).emit('message', helloMessage({ ready: true }));
  processAt(0).emit('exit', 1);
  const question = { t: 'q', m: 'runs.list', a: [{}], i: '1' };
  backend.post(question);
  expect(processAt(1).posted).toEqual([question]);
  expect(told).toEqual(['starting', 'failed', 'starting', 'ready']);
});

test('one that ends again and again before it is ready has failed at last, and can be started again', async () => {
  vi.useFakeTimers();
  const { backend, told } = open();
  for (let end = 0; end < 6; end++) {
    processAt(end).emit('exit', 1);
    await vi.advanceTimersByTimeAsync(15_000);
  }
  vi.useRealTimers();
  expect(told.at(-1)).toBe('failed');
  expect(started).toHaveLength(6);
  backend.restart();
  expect(started).toHaveLength(7);
});
