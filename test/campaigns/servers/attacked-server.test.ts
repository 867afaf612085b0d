import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { RandomStream } from '../../../src-shared/random.ts';
import { caseFolders } from '../../cli/bad-input-support.ts';
import { commandScript } from '../../cli/run-command.ts';
import { mutateBytes, mutateJson } from '../../fuzz/mutations.ts';
import { ProcessWatch, type Taken } from '../bombs/bad-files/processes.ts';
import { campaign } from '../campaign.ts';

const mebibyte = 2 ** 20;
const maxBytes = 1024 * mebibyte;
/** Processor time of the server's main thread while a request of the owner waits. */
const maxBlockedSeconds = 2;
const placesSchema = z.object({ openai: z.string(), mcp: z.string(), token: z.string() });

/** OpenAI's own client tries a lost connection again as often. */
const ownerRetries = 2;
let retries = 0;
let server: ChildProcess;
let places: z.infer<typeof placesSchema>;

beforeAll(async () => {
  const folder = caseFolders()();
  const words = ['serve', '--openai', '--mcp', '--http', '--allow-write', '--port', '0', '--json'];
  server = spawn(process.execPath, [commandScript, ...words, '--token-file', join(folder, 'token')], {
    env: { ...process.env, COTO_STUDIO_HOME: join(folder, 'home') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const piece of server.stdout ?? []) {
    text += String(piece);
    if (text.trimEnd().endsWith('}')) break;
  }
  places = placesSchema.parse(JSON.parse(text));
});
afterAll(async () => {
  const ended = once(server, 'exit');
  server.kill('SIGINT');
  await ended;
});

/** Request that a client of the owner's repeats during an attack. */
async function owner(): Promise<void> {
  const headers = { authorization: `Bearer ${places.token}` };
  for (let left = ownerRetries; ; left--)
    try {
      const response = await fetch(`${places.openai}/models`, { headers });
      await response.arrayBuffer();
      expect(response.status).toBe(200);
      return;
    } catch (error) {
      // A connection that has not shown the token yet may be closed in favor of newer ones.
      if (!(error instanceof TypeError) || left === 0) throw error;
      retries++;
      await wait(500);
    }
}

interface Attacked {
  readonly random: RandomStream;
  /** Sends a body to a path. Returns the status; null if the server closed the connection. */
  post(path: string, body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<number | null>;
  /** Opens a connection and writes raw bytes; it stays open until the attack is over. */
  raw(text: string | Uint8Array): Promise<Socket>;
}

type Attack = (attacked: Attacked) => Promise<(number | null)[]>;

const chat = { model: 'small-llama', max_tokens: 1, messages: [{ role: 'user', content: 'Who?' }] };
const call = (name: string, input: unknown) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: input } });
const mcpHeaders = { accept: 'application/json, text/event-stream' };
const tools = ['start_run', 'list_runs', 'get_run', 'evaluate', 'generate_text', 'cancel_job', 'list_models'];
const upTo = (random: RandomStream, most: number): number => 1 + random.integer(most);
const times = (count: number) => Array.from({ length: count }, (_, at) => at);

const attacks: Readonly<Record<string, Attack>> = {
  async 'headers that never end'({ random, raw }) {
    await Promise.all(times(upTo(random, 300)).map(() => raw('GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ')));
    return [];
  },
  async 'bodies that never end'({ random, raw }) {
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer ${places.token}\r\nContent-Length: ${upTo(random, 4 * mebibyte)}\r\n\r\n{`;
    await Promise.all(times(upTo(random, 60)).map(() => raw(head)));
    return [];
  },
  async 'random bytes'({ random, raw }) {
    for (const _ of times(upTo(random, 20)))
      await raw(Uint8Array.from(times(upTo(random, 5000)), () => random.integer(256)));
    return [];
  },
  async 'a spoiled request'({ random, raw }) {
    const whole = Buffer.from(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer ${places.token}\r\nContent-Length: 90\r\n\r\n${JSON.stringify(chat)}`,
    );
    for (const _ of times(20)) await raw(mutateBytes(whole, () => random.uniform()));
    return [];
  },
  async 'many headers'({ random, raw }) {
    const lines = times(upTo(random, 20_000)).map((at) => `X-${at}: ${at}\r\n`);
    await raw(`GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}\r\n`);
    return [];
  },
  'wrong tokens': ({ random, post }) =>
    Promise.all(
      times(upTo(random, 200)).map(() => post('/v1/models', '{}', { authorization: `Bearer ${random.integer(1e9)}` })),
    ),
  'other hosts and origins': ({ post }) =>
    Promise.all([
      post('/v1/chat/completions', JSON.stringify(chat), { origin: 'https://example.org' }),
      post('/v1/chat/completions', JSON.stringify(chat), { 'content-type': 'text/plain' }),
    ]),
  'unknown keys': async ({ random, post }) => {
    const keys = Object.fromEntries(times(upTo(random, 200_000)).map((at) => [`k${at}`, 1]));
    return [await post('/v1/chat/completions', JSON.stringify({ ...chat, ...keys }))];
  },
  'long stops': async ({ random, post }) => [
    await post(
      '/v1/chat/completions',
      JSON.stringify({ ...chat, stop: times(16).map(() => 'a'.repeat(upTo(random, 250_000))) }),
    ),
  ],
  'many messages': async ({ random, post }) => [
    await post(
      '/v1/chat/completions',
      JSON.stringify({ ...chat, messages: times(upTo(random, 60_000)).map(() => chat.messages[0]) }),
    ),
  ],
  'a long prompt': async ({ random, post }) => [
    await post(
      '/v1/chat/completions',
      JSON.stringify({ ...chat, messages: [{ role: 'user', content: 'a b'.repeat(upTo(random, mebibyte)) }] }),
    ),
  ],
  'deep JSON': async ({ random, post }) => {
    const depth = upTo(random, mebibyte);
    return [await post('/v1/chat/completions', `${'['.repeat(depth)}${']'.repeat(depth)}`)];
  },
  'JSON with other values': async ({ random, post }) => {
    const statuses: (number | null)[] = [];
    for (const _ of times(20))
      statuses.push(await post('/v1/chat/completions', JSON.stringify(mutateJson(chat, () => random.uniform()))));
    return statuses;
  },
  'bytes that are no JSON': async ({ random, post }) => {
    const body = mutateBytes(Buffer.from(JSON.stringify(chat)), () => random.uniform());
    return [await post('/v1/chat/completions', new Uint8Array(body))];
  },
  'a body over the limit': async ({ random, post }) => [
    await post('/v1/chat/completions', 'a'.repeat(4 * mebibyte + upTo(random, 8 * mebibyte))),
  ],
  'tools with other arguments': async ({ random, post }) => {
    const statuses: (number | null)[] = [];
    for (const _ of times(10)) {
      const name = tools[random.integer(tools.length)] ?? '';
      const input = mutateJson({ id: 'x', config: { model: 'small-llama', dataset: 'x' } }, () => random.uniform());
      statuses.push(await post('/mcp', call(name, input), mcpHeaders));
    }
    return statuses;
  },
  'patterns that backtrack': async ({ random, post }) => {
    const adapter = { rank_pattern: { ['.?'.repeat(25 + random.integer(20))]: 4 } };
    const config = { model: 'small-llama', dataset: 'fashion-mnist-small', adapter };
    return [await post('/mcp', call('start_run', { config }), mcpHeaders)];
  },
  'a flood of runs': ({ random, post }) =>
    Promise.all(
      times(upTo(random, 150)).map(() =>
        post('/mcp', call('start_run', { config: { model: 'small-llama', dataset: 'x' } }), mcpHeaders),
      ),
    ),
  async 'requests that are left at once'({ random, raw }) {
    const body = JSON.stringify({ ...chat, max_tokens: 256 });
    for (const _ of times(upTo(random, 20)))
      (
        await raw(
          `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer ${places.token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        )
      ).destroy();
    return [];
  },
};

async function attacked(attack: Attack, random: RandomStream): Promise<(number | null)[]> {
  const { origin, port } = new URL(places.openai);
  const sockets: Socket[] = [];
  try {
    return await attack({
      random,
      async post(path, body, headers = {}) {
        try {
          const response = await fetch(`${origin}${path}`, {
            method: 'POST',
            headers: { authorization: `Bearer ${places.token}`, 'content-type': 'application/json', ...headers },
            body,
          });
          await response.arrayBuffer();
          return response.status;
        } catch {
          return null;
        }
      },
      async raw(text) {
        const socket = connect(Number(port), '127.0.0.1');
        sockets.push(socket);
        socket.on('error', () => undefined).resume();
        await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
        socket.write(text);
        return socket;
      },
    });
  } finally {
    await wait(500);
    for (const socket of sockets) socket.destroy();
  }
}

test.runIf(process.platform === 'linux')('a server under attack keeps answering its owner', () =>
  campaign({ campaign: 'servers', part: 'servers', counts: 'attacks', goal: 300 }, async (random, seed) => {
    const names = Object.keys(attacks);
    const name = names[(seed - 1) % names.length] ?? expect.unreachable();
    retries = 0;
    const watch = new ProcessWatch(server.pid ?? 0, owner);
    let statuses: readonly (number | null)[] = [];
    let taken: Taken;
    try {
      statuses = await attacked(attacks[name] ?? expect.unreachable(), random);
      await owner();
    } finally {
      taken = await watch.end();
    }
    expect([server.exitCode, server.signalCode], name).toEqual([null, null]);
    // No answer is an inner error.
    expect(
      statuses.filter((status) => status !== null && status >= 500 && status !== 503),
      name,
    ).toEqual([]);
    expect(taken.backendBytes, name).toBeLessThan(maxBytes);
    expect(taken.blockedSeconds, name).toBeLessThan(maxBlockedSeconds);
    return {
      attacks: 1,
      'times that the owner had to connect again': retries,
      requests: statuses.length,
      refused: statuses.filter((status) => status !== 200).length,
      'most MiB of the server': Math.round(taken.backendBytes / mebibyte),
      'most seconds that the server was blocked': taken.blockedSeconds,
    };
  }),
);
