import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { get, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type LoopbackServer, sendJson, startLoopbackServer } from '../../../src-main/serve/http/server.ts';

const token = 'a-token-of-this-test';
let served: LoopbackServer;
let own: Server | null = null;
const found = (message: unknown): void => {
  own = z.object({ server: z.instanceof(Server) }).parse(message).server;
};
subscribe('http.server.request.start', found);

beforeAll(async () => {
  served = await startLoopbackServer({
    port: 0,
    token,
    allowedOrigins: [],
    handle: async ({ response }) => sendJson(response, 200, {}),
    fail: (response) => sendJson(response, 500, {}),
  });
});

afterAll(async () => {
  unsubscribe('http.server.request.start', found);
  await served.close();
});

const status = async () => (await fetch(served.url, { headers: { authorization: `Bearer ${token}` } })).status;

test('answers on after connections that it could not take', async () => {
  expect(await status()).toBe(200);
  // Node reports this for each connection without a free file descriptor.
  const tooMany = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
  for (const _ of [1, 2]) expect(own?.emit('error', tooMany)).toBe(true);
  expect(await status()).toBe(200);
});

/** The status of a request on a connection of its own. */
const newStatus = () =>
  new Promise<number | undefined>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    get(served.url, { agent: false, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });

test('answers the owner while strangers hold all the connections they can', async () => {
  const { port } = new URL(served.url);
  const sockets = await Promise.all(
    Array.from(
      { length: 300 },
      () =>
        new Promise<Socket>((resolve) => {
          const socket = connect(Number(port), '127.0.0.1', () => {
            socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n');
            resolve(socket);
          });
          // Connections beyond the limit are reset.
          socket.on('error', () => resolve(socket));
        }),
    ),
  );
  try {
    for (const _ of [1, 2, 3]) expect(await newStatus()).toBe(200);
    const open = () => sockets.filter(({ readyState }) => readyState === 'open').length;
    await expect.poll(open).toBeLessThanOrEqual(64);
    expect(open()).toBeGreaterThan(0);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  expect(own?.headersTimeout).toBe(10_000);
  expect(own?.requestTimeout).toBe(60_000);
});

test('keeps idle connections longer than clients do', async () => {
  const { headers } = await fetch(served.url, { headers: { authorization: `Bearer ${token}` } });
  expect(headers.get('keep-alive')).toBe('timeout=75');
});

test('refuses a port that is taken', async () => {
  const { port } = new URL(served.url);
  const again = { port: Number(port), token, allowedOrigins: [], handle: async () => undefined, fail: () => undefined };
  await expect(startLoopbackServer(again)).rejects.toThrow(`Port ${port} is taken by another program.`);
});
