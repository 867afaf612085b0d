import { beforeEach, expect, it, vi } from 'vitest';
import type { BackendStatus, StudioBridge } from '../../../src-shared/contract/bridge.ts';
import { events } from '../../../src-shared/contract/events.ts';
import { requests } from '../../../src-shared/contract/requests.ts';
import type { Channel } from '../../../src-shared/rpc/channel.ts';
import { inProcessChannels } from '../../../src-shared/rpc/in-process.ts';
import { serve } from '../../../src-shared/rpc/serve.ts';

type ClientModule = typeof import('../../../src-renderer/api/client.ts');

/** A bridge whose backend is started and lost by hand; `answer` is what each started backend does with a request. */
function fakeBridge() {
  let tellStatus: (status: BackendStatus) => void = () => undefined;
  const frames = new Set<(message: unknown) => void>();
  let window: Channel | null = null;
  const bridge: StudioBridge = {
    post: (message) => window?.post(message),
    on(listener) {
      frames.add(listener);
      return () => {
        frames.delete(listener);
      };
    },
    onStatus(listener) {
      tellStatus = listener;
      return () => undefined;
    },
    restartBackend: () => undefined,
    dialogs: {
      openFolder: async () => null,
      openFile: async () => null,
      saveFile: async () => null,
      saveFolder: async () => null,
      saveText: async () => null,
      appendText: async () => null,
      openText: async () => null,
    },
    pathForFile: async () => null,
    savePdf: async () => null,
    printFigure: async () => '',
    openPath: async () => undefined,
    showInFolder: async () => undefined,
    showLogs: async () => undefined,
    home: { move: async () => false, cancelMove: () => undefined, onProgress: () => () => undefined },
    updates: { ask: () => Promise.reject(new Error('There is no shell.')), onState: () => () => undefined },
    dragOut: async () => undefined,
    newWindow: () => undefined,
    keys: { read: async () => '', write: async () => undefined, onChange: () => () => undefined },
    language: { read: async () => 'system', choose: async () => undefined, onChange: () => () => undefined },
    setRunning: () => undefined,
    setTheme: () => undefined,
    notify: () => undefined,
    onMenu: () => () => undefined,
    platform: 'linux',
    languages: [],
    versions: { app: '0', electron: '0', chrome: '0' },
  };
  return {
    bridge,
    tell: (status: BackendStatus) => tellStatus(status),
    listening: () => frames.size,
    start(generation: number, answer: (name: string) => unknown) {
      const [near, far] = inProcessChannels();
      window = near;
      near.on((message) => {
        for (const listener of [...frames]) listener(message);
      });
      const server = serve(far, { requests, events }, (name) => answer(name));
      tellStatus({ status: 'ready', generation, error: null });
      return server;
    },
  };
}

let client: ClientModule;
beforeEach(async () => {
  vi.resetModules();
  client = await import('../../../src-renderer/api/client.ts');
});

it('holds a request back until the backend is ready', async () => {
  const fake = fakeBridge();
  client.startClient(fake.bridge);
  const answer = client.request('settings.get', {});
  fake.start(1, () => ({ theme: 'dark' }));
  expect(await answer).toEqual({
    theme: 'dark',
    compute_backend: 'auto',
    threads: null,
    simple_forms: false,
    forgetting: true,
    queue_paused: false,
    tour_shown: false,
  });
});

it('rejects what was asked of a lost backend, and asks the next one', async () => {
  const fake = fakeBridge();
  client.startClient(fake.bridge);
  fake.start(1, () => new Promise(() => undefined));
  const told: boolean[] = [];
  client.onConnection((connected) => told.push(connected));
  const hanging = client.request('settings.get', {});
  fake.tell({ status: 'lost', generation: 1, error: null });
  await expect(hanging).rejects.toMatchObject({ code: 'disconnected' });
  fake.start(2, () => ({ theme: 'light' }));
  expect(await client.request('settings.get', {})).toMatchObject({ theme: 'light' });
  expect(told).toEqual([false, true]);
  expect(fake.listening()).toBe(1);
});

it('carries listeners over to the backend that is started next', async () => {
  const fake = fakeBridge();
  client.startClient(fake.bridge);
  const lists: string[] = [];
  const stop = client.onEvent('list.changed', ({ list }) => lists.push(list));
  const first = fake.start(1, () => ({}));
  first.emit('list.changed', { list: 'runs' });
  await expect.poll(() => lists).toEqual(['runs']);
  fake.tell({ status: 'lost', generation: 1, error: null });
  const second = fake.start(2, () => ({}));
  second.emit('list.changed', { list: 'models' });
  await expect.poll(() => lists).toEqual(['runs', 'models']);
  stop();
  second.emit('list.changed', { list: 'studies' });
  await client.request('settings.get', {});
  expect(lists).toEqual(['runs', 'models']);
});

it('says why a backend that cannot start answers nothing', async () => {
  const fake = fakeBridge();
  client.startClient(fake.bridge);
  const early = client.request('settings.get', {});
  const error = { code: 'refused', message: 'The home folder is in use.', hint: null, details: null } as const;
  fake.tell({ status: 'failed', generation: 1, error });
  await expect(early).rejects.toThrow('The home folder is in use.');
  await expect(client.request('settings.get', {})).rejects.toThrow('The home folder is in use.');
});
