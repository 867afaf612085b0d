import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../../src-main/logging/log.ts';
import { openFeedUpdater } from '../../../src-main/shell/updates/feed-updater.ts';
import { Updates } from '../../../src-main/shell/updates/updates.ts';
import type { UpdateState } from '../../../src-shared/contract/updates.ts';
import { releaseKeys, writeReleaseFeed } from './release.ts';

const keys = releaseKeys();
const installer = 'coto-studio-2.0.0.AppImage';
/** The new app leaves a marker when it starts, after the updater has installed it. */
const newApp = (marker: string): string => `#!/bin/sh\n# ${'x'.repeat(300_000)}\ntouch ${marker}\n`;

let folder: string;
let feed: string;
let server: Server;
let asked: { url: string; headers: IncomingMessage['headers'] }[];
let answer: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
let quit: ((code: number) => void)[];
let states: UpdateState[];

const path = (...names: string[]): string => join(folder, ...names);
const urls = (): string[] => asked.map(({ url }) => url);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coto-updates-'));
  mkdirSync(path('feed'));
  writeFileSync(path('coto.AppImage'), 'the old one');
  chmodSync(path('coto.AppImage'), 0o755);
  vi.stubEnv('APPIMAGE', path('coto.AppImage'));
  asked = [];
  answer = null;
  quit = [];
  states = [];
  server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers });
    if (answer?.(request, response)) return;
    const file = path('feed', request.url?.replace('/studio/', '') ?? '');
    if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  feed = `http://127.0.0.1:${(server.address() as AddressInfo).port}/studio`;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** Builds a release as `npm run dist -- --installers` does. */
function release(version = '2.0.0', privateKey = keys.privateKey): void {
  writeFileSync(path('feed', installer), newApp(path('new-app-ran')));
  writeReleaseFeed({ folder: path('feed'), version, privateKey, at: new Date(), system: 'linux', arch: process.arch });
}

function updates(more: { agree?: boolean; unsupported?: string } = {}): Updates {
  return new Updates({
    unsupported: more.unsupported ?? null,
    proposed: null,
    settingFile: path('updates.json'),
    log: silentLog,
    agree: () => Promise.resolve(more.agree ?? true),
    open: (from) =>
      Promise.resolve(
        openFeedUpdater({
          feed: from,
          publicKey: keys.publicKey,
          packaging: 'appimage',
          version: '1.0.0',
          cache: path('cache'),
          packedConfig: path('none.yml'),
          log: silentLog,
          quit: () => undefined,
          onQuit: (handler) => quit.push(handler),
        }),
      ),
    onState: (state) => states.push(state),
  });
}

function filesBelow(top: string): string[] {
  return existsSync(top)
    ? readdirSync(top, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name)
    : [];
}

test('is off, and asks nothing, until a feed is agreed to and asked for', async () => {
  release();
  const refused = updates({ agree: false });
  expect(refused.state).toMatchObject({ feed: null, phase: 'idle' });
  await expect(refused.check()).rejects.toThrow('No feed is set');
  await refused.setFeed(feed);
  expect(refused.state.feed).toBeNull();
  await expect(refused.check()).rejects.toThrow('No feed is set');

  await updates().setFeed(feed);
  // The next start knows the feed and asks nothing by itself.
  const next = updates();
  expect(next.state).toMatchObject({ feed: `${feed}/`, phase: 'idle' });
  expect(urls()).toEqual([]);
  expect((await next.check()).phase).toBe('available');
  expect(urls()).toEqual(['/studio/latest-linux.yml', '/studio/latest-linux.yml.sig']);
  // Nothing that tells one machine from another.
  for (const { headers } of asked) expect(Object.keys(headers).filter((name) => name.startsWith('x-'))).toEqual([]);
  await next.setFeed(null);
  expect(updates().state.feed).toBeNull();
});

test('downloads with progress, and installs on quitting', async () => {
  release();
  const studio = updates();
  await studio.setFeed(feed);
  await studio.check();
  expect(studio.state).toMatchObject({ phase: 'available', version: '2.0.0', error: null });
  expect(readFileSync(path('coto.AppImage'), 'utf8')).toBe('the old one');
  expect(await studio.start()).toMatchObject({ phase: 'ready', error: null });
  expect(states.some(({ phase }) => phase === 'downloading')).toBe(true);
  expect(readFileSync(path('coto.AppImage'), 'utf8')).toBe('the old one');
  for (const handler of quit) handler(0);
  expect(readFileSync(path('coto.AppImage'), 'utf8')).toBe(newApp(path('new-app-ran')));
  expect(statSync(path('coto.AppImage')).mode & 0o111).toBe(0o111);
  expect(existsSync(path('new-app-ran'))).toBe(true);
});

test('the same or an older version is none', async () => {
  for (const version of ['1.0.0', '0.9.0']) {
    release(version);
    const studio = updates();
    await studio.setFeed(feed);
    expect((await studio.check()).phase).toBe('current');
  }
});

test('a file that is not the described one is deleted and not installed', async () => {
  release();
  const tampered = newApp(path('evil-ran')).padEnd(statSync(path('feed', installer)).size, '#');
  writeFileSync(path('feed', installer), tampered.slice(0, statSync(path('feed', installer)).size));
  const studio = updates();
  await studio.setFeed(feed);
  await studio.check();
  await studio.start();
  expect(studio.state).toMatchObject({ phase: 'failed', error: expect.stringContaining('it was deleted') });
  for (const handler of quit) handler(0);
  expect(readFileSync(path('coto.AppImage'), 'utf8')).toBe('the old one');
  expect(existsSync(path('evil-ran'))).toBe(false);
  expect(filesBelow(path('cache')).filter((name) => name.includes('AppImage'))).toEqual([]);
});

test('a file that is longer than described is given up', async () => {
  release();
  let sent = 0;
  answer = (request, response) => {
    if (!request.url?.endsWith('.AppImage')) return false;
    const more = (): void => {
      do sent += 65_536;
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      response.once('drain', more);
    };
    more();
    return true;
  };
  const studio = updates();
  await studio.setFeed(feed);
  await studio.check();
  await studio.start();
  expect(studio.state).toMatchObject({ phase: 'failed', error: expect.stringContaining('larger than was announced') });
  expect(sent).toBeGreaterThan(0);
  expect(filesBelow(path('cache')).filter((name) => name.includes('AppImage'))).toEqual([]);
});

test('a description is signed with the key of the app, as it is', async () => {
  const other = releaseKeys();
  const spoiled: Record<string, () => void> = {
    'by another key': () => release('2.0.0', other.privateKey),
    changed: () => {
      const file = path('feed', 'latest-linux.yml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('2.0.0', '3.0.0'));
    },
    unsigned: () => rmSync(path('feed', 'latest-linux.yml.sig')),
    'of no sense': () => writeFileSync(path('feed', 'latest-linux.yml.sig'), 'AAAA'),
  };
  for (const [how, spoil] of Object.entries(spoiled)) {
    release();
    spoil();
    asked = [];
    const studio = updates();
    await studio.setFeed(feed);
    expect((await studio.check()).error, how).toContain('is not signed with the release key');
    await studio.start();
    expect(urls().some((url) => url.endsWith('.AppImage'))).toBe(false);
  }
});

test('a feed leads nowhere else', async () => {
  let reached = 0;
  const elsewhere = createServer((_request, response) => {
    reached++;
    response.end('x');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const target = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
  try {
    for (const what of ['.yml', '.sig', '.AppImage']) {
      release();
      answer = (request, response) => {
        if (!request.url?.endsWith(what)) return false;
        response.writeHead(302, { location: `${target}${request.url}` }).end();
        return true;
      };
      const studio = updates();
      await studio.setFeed(feed);
      await studio.check();
      await studio.start();
      expect(studio.state.error, what).toContain('only http://127.0.0.1');
    }
    expect(reached).toBe(0);
  } finally {
    await new Promise((resolve) => elsewhere.close(resolve));
  }
});

test('a download is cancelled, and starts again', async () => {
  release();
  let started: () => void = () => undefined;
  const isStarted = new Promise<void>((resolve) => {
    started = resolve;
  });
  answer = (request, response) => {
    if (!request.url?.endsWith('.AppImage')) return false;
    response.write(readFileSync(path('feed', installer)).subarray(0, 1000));
    started();
    return true;
  };
  const studio = updates();
  await studio.setFeed(feed);
  await studio.check();
  const download = studio.start();
  await isStarted;
  await expect(studio.setFeed(null)).rejects.toThrow('under way');
  studio.cancel();
  expect(await download).toMatchObject({ phase: 'available', version: '2.0.0', error: null });
  expect(filesBelow(path('cache')).filter((name) => name.includes('AppImage'))).toEqual([]);
  answer = null;
  expect((await studio.start()).phase).toBe('ready');
});

test('says what is wrong with a feed', async () => {
  const studio = updates();
  for (const [text, message] of [
    ['updates', 'is no address'],
    ['http://example.org/', 'not reached over https'],
    ['file:///tmp/', 'not reached over https'],
    ['https://me:secret@example.org/', 'has no user'],
    ['https://example.org/?x=1', 'has no user'],
  ] as const)
    await expect(studio.setFeed(text)).rejects.toThrow(message);
  await studio.setFeed(feed);
  expect((await studio.check()).error).toBe('The feed has no release for this system.');
  server.closeAllConnections();
  answer = (request) => {
    request.socket.destroy();
    return true;
  };
  expect((await studio.check()).error).toBe('The server of the feed ended the connection.');
  await expect(updates({ unsupported: 'This copy has no key.' }).setFeed(feed)).rejects.toThrow('has no key');
});
