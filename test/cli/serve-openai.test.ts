import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openStudio, resourcesDirectory } from '../../src-main/cli/studio.ts';
import { weatherTool } from '../serve/openai/tool-script.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';
import { type Serving, serving } from './serving.ts';

const folder = temporaryFolder();
const home = join(folder, 'home');
const coto = cotoOn(home);
const tokenFile = join(folder, 'token');
let served: Serving;
const generatedSchema = z.array(z.object({ text: z.string(), promptTokens: z.number(), newTokens: z.number() }));
/** Output of the command for the same prompt. */
let generated: z.infer<typeof generatedSchema>;

const usageSchema = z.object({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  total_tokens: z.number(),
});
const chatSchema = z.object({
  object: z.literal('chat.completion'),
  choices: z.array(
    z.object({ message: z.object({ role: z.string(), content: z.string() }), finish_reason: z.string() }),
  ),
  usage: usageSchema,
});
const chunkSchema = z.object({
  object: z.literal('chat.completion.chunk'),
  choices: z.array(
    z.object({
      delta: z.object({ role: z.string().optional(), content: z.string().optional() }),
      finish_reason: z.string().nullable(),
    }),
  ),
  usage: usageSchema.optional(),
});
const textSchema = z.object({
  choices: z.array(z.object({ index: z.number(), text: z.string(), finish_reason: z.string() })),
  usage: usageSchema,
});
const errorSchema = z.object({
  error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string().nullable() }),
});
const listSchema = z.object({
  data: z.array(z.object({ id: z.string(), parent: z.string().nullable(), kind: z.string() })),
});

/** A copy of the bundled language model with other keys in one of its files. */
async function addModel(name: string, file: string, keys: object): Promise<void> {
  const model = join(folder, name);
  cpSync(join(resourcesDirectory, 'models', 'small-llama'), model, { recursive: true });
  const own = z.looseObject({}).parse(JSON.parse(readFileSync(join(model, file), 'utf8')));
  writeFileSync(join(model, file), JSON.stringify({ ...own, ...keys }));
  const added = await coto(['models', 'add', model]);
  expect(added.code, added.err).toBe(0);
}

beforeAll(async () => {
  const rows = ['sea', 'town', 'king', 'war'].map((thing) => ({ prompt: `The ${thing}?`, completion: 'It is old.' }));
  const file = join(folder, 'rows.jsonl');
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const settings = ['model=small-llama', `dataset=${file}`, 'max_steps=2', 'per_device_train_batch_size=2'];
  const trained = await coto(['train', '--name', 'chatty', '--set', ...settings]);
  expect(trained.code, trained.err).toBe(0);
  const words = ['--model', 'small-llama', '--prompt', 'The people of the', '--temperature', '0'];
  const { out } = await coto(['generate', ...words, '--max-new-tokens', '8', '--json']);
  generated = z.object({ texts: generatedSchema }).parse(JSON.parse(out)).texts;
  await addModel('brief', 'generation_config.json', { max_new_tokens: 3 });
  served = await serving(home, ['--openai', '--token-file', tokenFile, '--allow-origin', 'http://localhost:3000']);
});

afterAll(() => served.stop());

/** One request as curl would send it. */
async function ask(path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${served.openai}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${served.token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as unknown };
}

async function refused(path: string, body: unknown, headers?: Record<string, string>) {
  const { status, json } = await ask(path, body, headers);
  return { status, ...errorSchema.parse(json()).error };
}

/** The documents of a stream. */
function documents(text: string): string[] {
  return text
    .split('\n\n')
    .filter((part) => part !== '')
    .map((part) => part.replace(/^data: /, ''));
}

const greedy = { model: 'small-llama', temperature: 0 };
const question = [{ role: 'user', content: 'Who are the people?' }];

describe('models', () => {
  test('lists language models and adapters of them by their names', async () => {
    const { data } = listSchema.parse((await ask('/models')).json());
    expect(data).toContainEqual(expect.objectContaining({ id: 'small-llama', parent: null, kind: 'base' }));
    expect(data).toContainEqual(expect.objectContaining({ id: 'chatty', parent: 'small-llama', kind: 'run' }));
    expect(data.map(({ id }) => id)).not.toContain('quickdraw-vit');
    expect((await ask('/models/chatty')).json()).toMatchObject({ id: 'chatty', object: 'model' });
    expect(await refused('/models/nobody', undefined)).toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

describe('completions', () => {
  test('are what the command generates, with what they cost', async () => {
    const plain = await ask('/completions', { ...greedy, prompt: 'The people of the', max_tokens: 8 });
    const { choices, usage } = textSchema.parse(plain.json());
    const [expected] = generated;
    expect(choices).toMatchObject([{ index: 0, text: expected?.text, finish_reason: 'length' }]);
    expect(usage).toEqual({
      prompt_tokens: expected?.promptTokens,
      completion_tokens: 8,
      total_tokens: (expected?.promptTokens ?? 0) + 8,
    });
  });

  test('take several prompts, the prompt before each text, a stop, and a stream', async () => {
    const body = { ...greedy, prompt: ['The people of the', 'He said'], max_tokens: 6, echo: true };
    const { choices } = textSchema.parse((await ask('/completions', body)).json());
    expect(choices.map(({ text }) => text.slice(0, 7))).toEqual(['The peo', 'He said']);
    const streamed = documents((await ask('/completions', { ...body, stream: true })).text);
    expect(streamed.at(-1)).toBe('[DONE]');
    const texts = ['', ''];
    for (const document of streamed.slice(0, -1)) {
      const [piece] = z
        .object({ choices: z.array(z.object({ index: z.number(), text: z.string() })) })
        .parse(JSON.parse(document)).choices;
      if (piece !== undefined) texts[piece.index] += piece.text;
    }
    expect(texts).toEqual(choices.map(({ text }) => text));
    const word = choices[0]?.text.slice('The people of the'.length).trim().split(' ')[1] ?? '';
    const stopped = textSchema.parse(
      (await ask('/completions', { ...greedy, prompt: 'The people of the', max_tokens: 6, stop: word })).json(),
    );
    expect(stopped.choices).toMatchObject([{ finish_reason: 'stop' }]);
    expect(stopped.choices[0]?.text).not.toContain(word);
  });

  test('have a seed: the same gives the same', async () => {
    const body = { model: 'small-llama', prompt: 'The', max_tokens: 12, temperature: 1.5, top_p: 0.99 };
    const texts: string[] = [];
    for (const seed of [7, 7, 8])
      texts.push(textSchema.parse((await ask('/completions', { ...body, seed })).json()).choices[0]?.text ?? '');
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).not.toBe(texts[0]);
  });
});

const likelySchema = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.number()).nullable() });
const chatTokensSchema = z.object({
  content: z.array(likelySchema.extend({ top_logprobs: z.array(likelySchema) })),
});

describe('log-probabilities', () => {
  const body = { ...greedy, messages: question, max_completion_tokens: 8, logprobs: true, top_logprobs: 3 };
  const answerSchema = z.object({
    choices: z.array(z.object({ message: z.object({ content: z.string() }), logprobs: chatTokensSchema })),
  });

  test('of a chat are those of each token, the likeliest first, and stream the same', async () => {
    const answer = answerSchema.parse((await ask('/chat/completions', body)).json()).choices[0];
    const tokens = answer?.logprobs.content ?? [];
    expect(tokens).toHaveLength(8);
    // The first piece of a text of SentencePiece may lack its space.
    expect(
      tokens
        .map(({ token }) => token)
        .join('')
        .trim(),
    ).toBe(answer?.message.content.trim());
    for (const { token, logprob, bytes, top_logprobs: top } of tokens) {
      // A part of a character has no bytes of its own.
      expect(bytes).toEqual(token.includes('\u{FFFD}') ? null : [...Buffer.from(token)]);
      expect(top).toHaveLength(3);
      // Greedy: the likeliest token is taken.
      expect(top[0]).toEqual({ token, logprob, bytes });
      const shares = top.map((one) => Math.exp(one.logprob));
      expect(shares).toEqual(shares.toSorted((one, other) => other - one));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1);
    }
    const streamed = documents((await ask('/chat/completions', { ...body, stream: true })).text)
      .slice(0, -1)
      .flatMap(
        (document) =>
          z
            .object({ choices: z.array(z.object({ logprobs: chatTokensSchema.nullable() })) })
            .parse(JSON.parse(document)).choices[0]?.logprobs?.content ?? [],
      );
    expect(streamed).toEqual(tokens);
  });

  test('of a completion are lists, and not those of a prompt', async () => {
    const plain = { ...greedy, prompt: 'The people of the', max_tokens: 4, logprobs: 2 };
    const lists = z.object({
      tokens: z.array(z.string()).length(4),
      token_logprobs: z.array(z.number()).length(4),
      top_logprobs: z.array(z.record(z.string(), z.number())).length(4),
      text_offset: z.array(z.number()).length(4),
    });
    const { choices } = z
      .object({ choices: z.array(z.object({ logprobs: lists })) })
      .parse((await ask('/completions', plain)).json());
    const { tokens = [], token_logprobs = [], top_logprobs = [] } = choices[0]?.logprobs ?? {};
    for (const [index, token] of tokens.entries()) expect(top_logprobs[index]?.[token]).toBe(token_logprobs[index]);
    expect(await refused('/completions', { ...plain, echo: true })).toMatchObject({ status: 400, param: 'echo' });
    const lone = { ...body, logprobs: false };
    expect(await refused('/chat/completions', lone)).toMatchObject({ status: 400, param: 'top_logprobs' });
  });

  test('end with the text where a stop string cuts it', async () => {
    const whole = answerSchema.parse((await ask('/chat/completions', body)).json()).choices[0];
    const stop = whole?.logprobs.content[4]?.token.trim() ?? '';
    const cut = answerSchema.parse((await ask('/chat/completions', { ...body, stop })).json()).choices[0];
    const texts = cut?.logprobs.content.map(({ token }) => token) ?? [];
    expect(texts.length).toBeLessThan(8);
    expect(texts.join('').trim()).toBe(cut?.message.content.trim());
  });
});

describe('without a limit', () => {
  test('a completion has 16 tokens, whatever the model’s own limit is; a conversation has that', async () => {
    const model = { model: 'brief', temperature: 0 };
    const plain = textSchema.parse((await ask('/completions', { ...model, prompt: 'The people of the' })).json());
    expect(plain.usage.completion_tokens).toBe(16);
    const { usage } = chatSchema.parse((await ask('/chat/completions', { ...model, messages: question })).json());
    expect(usage.completion_tokens).toBe(3);
  });
});

describe('chat', () => {
  test('goes through the template of the base, with an adapter too, and streams the same', async () => {
    for (const model of ['small-llama', 'chatty']) {
      const body = { ...greedy, model, messages: question, max_completion_tokens: 8 };
      const { choices, usage } = chatSchema.parse((await ask('/chat/completions', body)).json());
      expect(choices).toMatchObject([{ message: { role: 'assistant' } }]);
      const { text, headers } = await ask('/chat/completions', {
        ...body,
        stream: true,
        stream_options: { include_usage: true },
      });
      expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
      const chunks = documents(text)
        .slice(0, -1)
        .map((document) => chunkSchema.parse(JSON.parse(document)));
      expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
      expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(choices[0]?.message.content);
      expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe(choices[0]?.finish_reason);
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage });
    }
  });

  test('content in parts, and a developer, are what they are to OpenAI', async () => {
    const ends = { ...greedy, max_tokens: 4 };
    const [parts, plain] = [
      [
        { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
        { role: 'user', content: [{ type: 'text', text: 'Who?' }] },
      ],
      [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Who?' },
      ],
    ];
    const answers: unknown[] = [];
    for (const messages of [parts, plain])
      answers.push(chatSchema.parse((await ask('/chat/completions', { ...ends, messages })).json()).usage);
    expect(answers[0]).toEqual(answers[1]);
  });
});

describe('several requests at once', () => {
  const bodies = [
    { prompt: 'The people of the', max_tokens: 24 },
    { prompt: 'He said', max_tokens: 12, temperature: 0.8, seed: 4 },
    { prompt: 'In the beginning of the long war', max_tokens: 18, logprobs: 1 },
    { prompt: 'A', max_tokens: 20, temperature: 1.1, top_p: 0.9, seed: 9 },
  ].map((body) => ({ ...greedy, ...body }));

  test('give each the text that it gets alone, with an adapter too', async () => {
    const wordsOf = async (body: object) => textSchema.parse((await ask('/completions', body)).json()).choices[0]?.text;
    for (const model of ['small-llama', 'chatty']) {
      const alone: unknown[] = [];
      for (const body of bodies) alone.push(await wordsOf({ ...body, model }));
      expect(await Promise.all(bodies.map((body) => wordsOf({ ...body, model })))).toEqual(alone);
    }
    const models = ['small-llama', 'chatty', 'small-llama', 'chatty'];
    const mixed = await Promise.all(models.map((model) => wordsOf({ ...bodies[0], model })));
    expect([mixed[2], mixed[3]]).toEqual([mixed[0], mixed[1]]);
  });

  test('stream at the same time: a short one ends while a long one that began before it continues', async () => {
    const long = { ...greedy, prompt: 'The people of the', max_tokens: 450, stream: true };
    const ended: string[] = [];
    const begun = Promise.withResolvers<void>();
    const first = stream(long, () => begun.resolve()).then(() => ended.push('long'));
    await begun.promise;
    await ask('/completions', { ...bodies[1], max_tokens: 2 }).then(() => ended.push('short'));
    await first;
    expect(ended).toEqual(['short', 'long']);
  });

  test('lose nothing when one of them disconnects', async () => {
    const alone = textSchema.parse((await ask('/completions', bodies[0])).json()).choices[0]?.text;
    const leaving = new AbortController();
    const begun = Promise.withResolvers<void>();
    const left = stream({ ...bodies[0], max_tokens: 450, stream: true }, () => begun.resolve(), leaving.signal);
    const kept = begun.promise.then(() => ask('/completions', bodies[0]));
    await begun.promise;
    leaving.abort();
    await expect(left).rejects.toThrow();
    expect(textSchema.parse((await kept).json()).choices[0]?.text).toBe(alone);
  });

  test('beyond 64 are told to come back later', async () => {
    const leaving = new AbortController();
    const refusals: { status: number; type: string; code: string | null }[] = [];
    const full = Promise.withResolvers<void>();
    const body = JSON.stringify({ ...bodies[0], max_tokens: 450, stream: true });
    const headers = { authorization: `Bearer ${served.token}`, 'content-type': 'application/json' };
    const requests = Array.from({ length: 80 }, async () => {
      const { signal } = leaving;
      const response = await fetch(`${served.openai}/completions`, { method: 'POST', headers, body, signal });
      if (response.status === 200) return;
      refusals.push({ status: response.status, ...errorSchema.parse(await response.json()).error });
      full.resolve();
    });
    await Promise.race([full.promise, Promise.allSettled(requests)]);
    leaving.abort();
    await Promise.allSettled(requests);
    expect(refusals[0]).toMatchObject({ status: 429, type: 'rate_limit_error', code: 'queue_full' });
    // Whoever left makes room, once the server has seen it leave.
    const next = () => ask('/completions', { ...bodies[1], max_tokens: 2 });
    let { status } = await next();
    while (status === 429) ({ status } = await next());
    expect(status).toBe(200);
  });

  /** Reads a stream to its end. @param onFirst is told of its first piece */
  async function stream(body: object, onFirst: () => void, signal: AbortSignal | null = null): Promise<void> {
    const headers = { authorization: `Bearer ${served.token}`, 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify(body), signal };
    const response = await fetch(`${served.openai}/completions`, request);
    for await (const piece of response.body ?? []) if (piece.length > 0) onFirst();
  }
});

describe("errors in OpenAI's format", () => {
  const chat = '/chat/completions';
  const cases: [string, string, unknown, object][] = [
    ['a model that is not there', chat, { model: 'nobody', messages: question }, { status: 404, param: 'model' }],
    ['a model of images', chat, { model: 'quickdraw-vit', messages: question }, { status: 404 }],
    ['no messages', chat, { model: 'small-llama', messages: [] }, { status: 400, param: 'messages' }],
    [
      'an image in a message',
      chat,
      { ...greedy, messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      { status: 400 },
    ],
    [
      'many answers',
      chat,
      { ...greedy, messages: question, n: 17 },
      { status: 400, param: 'n', code: 'invalid_value' },
    ],
    [
      'a penalty',
      chat,
      { ...greedy, messages: question, presence_penalty: 1 },
      { status: 400, param: 'presence_penalty', code: 'unsupported_parameter' },
    ],
    ['tools', chat, { ...greedy, messages: question, tools: [weatherTool] }, { status: 400, param: 'tools' }],
    ['JSON alone', chat, { ...greedy, messages: question, response_format: { type: 'json_object' } }, { status: 400 }],
    [
      'a setting out of its range',
      chat,
      { model: 'small-llama', messages: question, top_p: 3 },
      { status: 400, message: /top_p/ },
    ],
    ['an empty prompt', '/completions', { ...greedy, prompt: '' }, { status: 400, message: /empty/ }],
    ['what is not JSON', chat, '{', { status: 400 }],
    ['another address', '/images', {}, { status: 404, code: 'unknown_url' }],
  ];
  test.each(cases)('%s', async (_, path, body, { message = /./, ...expected }: { message?: RegExp }) => {
    const error = await refused(path, body);
    expect(error).toMatchObject(expected);
    expect(error.message).toMatch(message);
  });

  test('accepts settings without effect', async () => {
    const neutral = { n: 1, presence_penalty: 0, frequency_penalty: 0, tools: [], logit_bias: {}, user: 'me' };
    const format = { response_format: { type: 'text' }, logprobs: null };
    const { status } = await ask(chat, { ...greedy, messages: question, max_tokens: 1, ...neutral, ...format });
    expect(status).toBe(200);
  });

  test('a body over 4 MiB', async () => {
    const messages = [{ role: 'user', content: 'a'.repeat(2 ** 22) }];
    expect(await refused(chat, { ...greedy, messages })).toMatchObject({ status: 413 });
  });
});

describe('allowed callers', () => {
  /** `fetch` does not let its caller name another host. */
  const raw = (headers: Record<string, string>, method = 'GET') =>
    new Promise<{ status: number; origin: unknown }>((resolve, reject) => {
      request(`${served.openai}/models`, { method, headers }, (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, origin: response.headers['access-control-allow-origin'] });
      })
        .on('error', reject)
        .end();
    });
  const own = () => ({ authorization: `Bearer ${served.token}` });

  test('the token is needed, and is the one of the file, which only its owner reads', async () => {
    expect(readFileSync(tokenFile, 'utf8').trim()).toBe(served.token);
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    expect(await raw({})).toMatchObject({ status: 401 });
    expect(await raw({ authorization: 'Bearer wrong' })).toMatchObject({ status: 401 });
    expect(await raw(own())).toMatchObject({ status: 200 });
  });

  test('another name for this machine, as DNS rebinding has it, is refused', async () => {
    expect(await raw({ ...own(), host: 'evil.example:8642' })).toMatchObject({ status: 403 });
    expect(await raw({ ...own(), host: 'localhost:1' })).toMatchObject({ status: 200 });
  });

  test('pages of other origins are refused, those that were allowed are not', async () => {
    expect(await raw({ ...own(), origin: 'https://evil.example' })).toEqual({ status: 403, origin: undefined });
    const allowed = 'http://localhost:3000';
    expect(await raw({ ...own(), origin: allowed })).toEqual({ status: 200, origin: allowed });
    expect(await raw({ origin: allowed }, 'OPTIONS')).toEqual({ status: 204, origin: allowed });
    expect(await raw({ origin: 'https://evil.example' }, 'OPTIONS')).toMatchObject({ status: 403 });
  });
});

/** Ids of the generations that the log says were begun. */
function begunGenerations(): string[] {
  const line = z.object({ job: z.string(), kind: z.literal('generate'), status: z.literal('running') });
  const logs = readdirSync(join(home, 'logs')).filter((name) => name.startsWith('backend'));
  return logs
    .flatMap((name) =>
      readFileSync(join(home, 'logs', name), 'utf8')
        .trim()
        .split('\n'),
    )
    .flatMap((text) => line.safeParse(JSON.parse(text)).data?.job ?? []);
}

test('one that leaves ends its generations, the next has its turn, and nothing of any is kept', async () => {
  const before = begunGenerations().length;
  const leave = new AbortController();
  // More text than is written before the leaving is noticed, on however slow a machine.
  const long = { ...greedy, prompt: Array.from({ length: 16 }, () => 'The'), max_tokens: 400, stream: true };
  const response = await fetch(`${served.openai}/completions`, {
    method: 'POST',
    signal: leave.signal,
    headers: { authorization: `Bearer ${served.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(long),
  });
  const reader = response.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  leave.abort();
  const next = await ask('/completions', { ...greedy, prompt: 'The', max_tokens: 1 });
  expect(next.status).toBe(200);
  await served.stop();
  const studio = await openStudio(home);
  const jobs = await studio.client.request('jobs.list', { active: false });
  await studio.close();
  const begun = begunGenerations().slice(before);
  // The one of `next`, and fewer than were asked for.
  expect(begun.length).toBeGreaterThanOrEqual(2);
  expect(begun.length).toBeLessThan(1 + long.prompt.length);
  // The one of the command.
  expect(jobs.filter(({ kind }) => kind === 'generate')).toHaveLength(1);
});
