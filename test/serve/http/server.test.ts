import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Server } from 'node:http';
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

test('keeps idle connections longer than clients do', async () => {
  const { headers } = await fetch(served.url, { headers: { authorization: `Bearer ${token}` } });
  expect(headers.get('keep-alive')).toBe('timeout=75');
});

test('refuses a port that is taken', async () => {
  const { port } = new URL(served.url);
  const again = { port: Number(port), token, allowedOrigins: [], handle: async () => undefined, fail: () => undefined };
  await expect(startLoopbackServer(again)).rejects.toThrow(`Port ${port} is taken by another program.`);
});
