import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { commandScript, cotoOn, temporaryFolder } from './run-command.ts';
import { serving } from './serving.ts';

const folder = temporaryFolder();
const home = join(folder, 'home');
const coto = cotoOn(home);
const settings = { max_steps: 4, per_device_train_batch_size: 2 };
let rows = '';

beforeAll(async () => {
  const things = ['sea', 'town', 'king', 'war'].map((thing) => ({ prompt: `The ${thing}?`, completion: 'It is old.' }));
  rows = join(folder, 'rows.jsonl');
  writeFileSync(rows, things.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const words = ['model=small-llama', `dataset=${rows}`, 'max_steps=2', 'per_device_train_batch_size=2'];
  const trained = await coto(['train', '--name', 'first', '--set', ...words]);
  expect(trained.code, trained.err).toBe(0);
});

const contentSchema = z.object({
  isError: z.boolean().optional(),
  content: z.array(z.object({ type: z.literal('text'), text: z.string() })).length(1),
});

/** An assistant's side: the SDK's own client. */
async function assistant(transport: Transport) {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  const text = async (name: string, given: Record<string, unknown>) => {
    const { isError = false, content } = contentSchema.parse(await client.callTool({ name, arguments: given }));
    return { isError, text: content[0]?.text ?? '' };
  };
  return {
    client,
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    async ask<Schema extends z.ZodType>(schema: Schema, name: string, given: Record<string, unknown> = {}) {
      const answer = await text(name, given);
      expect(answer.isError, answer.text).toBe(false);
      return schema.parse(JSON.parse(answer.text));
    },
    async refusal(name: string, given: Record<string, unknown> = {}) {
      const answer = await text(name, given);
      expect(answer.isError, answer.text).toBe(true);
      return answer.text;
    },
  };
}

const listSchema = z.object({
  total: z.number(),
  items: z.array(z.looseObject({ id: z.string(), name: z.string().optional() })),
});
const jobSchema = z.looseObject({ id: z.string(), status: z.string() });
const reading = /^(list|get)_/;

describe('over standard input and output', () => {
  test('an assistant reads models, datasets, runs with their curves, studies, jobs and reports, and changes nothing', async () => {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [commandScript, 'serve', '--mcp', '--home', home],
      stderr: 'inherit',
    });
    const { client, names, ask, refusal } = await assistant(transport);
    expect(client.getServerVersion()).toMatchObject({ name: 'coto-studio' });
    expect((await names()).filter((name) => !reading.test(name))).toEqual([]);
    const models = await ask(listSchema, 'list_models');
    expect(models.items.map(({ name }) => name)).toEqual(expect.arrayContaining(['small-llama', 'quickdraw-vit']));
    expect((await ask(listSchema, 'list_datasets', { limit: 1 })).items).toHaveLength(1);
    const { items } = await ask(listSchema, 'list_runs', { status: 'completed' });
    expect(items).toMatchObject([{ name: 'first', status: 'completed', step: 2 }]);
    const id = items[0]?.id ?? '';
    const run = await ask(
      z.object({ config: z.looseObject({}), metrics: z.array(z.looseObject({ name: z.string() })) }),
      'get_run',
      { id },
    );
    expect(run.config).toMatchObject({ max_steps: 2 });
    expect(run.metrics.map(({ name }) => name)).toContain('loss');
    const curve = await ask(z.object({ points: z.array(z.looseObject({ step: z.number() })) }), 'get_run_curve', {
      id,
      metric: 'loss',
    });
    expect(curve.points.length).toBeGreaterThan(0);
    expect(await ask(listSchema, 'list_adapters')).toMatchObject({ total: 1, items: [{ from: 'run' }] });
    for (const name of ['list_studies', 'list_reports', 'list_jobs'])
      expect(await ask(listSchema, name)).toMatchObject({ total: 0 });
    expect((await ask(listSchema, 'list_jobs', { active: false })).total).toBeGreaterThan(0);
    expect(await refusal('get_run', { id: 'run_none' })).toMatch(/no run/i);
    expect(await refusal('get_run')).toMatch(/id/);
    expect(await refusal('list_runs', { limit: 0 })).toMatch(/limit/);
    expect(await refusal('start_run', { config: {} })).toMatch(/only reads.*--allow-write/);
    expect(await refusal('toString')).toMatch(/no tool/);
    await client.close();
  });
});

test('one that is told to end before it serves ends, though its assistant stays', async () => {
  const main = new URL('../../src-main/cli/main.ts', import.meta.url);
  const script = `
    import { main } from ${JSON.stringify(main.href)};
    const terminal = { write() {}, report() {}, note() {}, showsProgress: true, rewrites: false, columns: 80, ask: async () => null, onInterrupt(listener) { listener(); return () => {}; } };
    process.exit(await main(['serve', '--mcp', '--home', ${JSON.stringify(home)}], terminal, process.env));`;
  const words = ['--input-type=module', '--eval', script];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'ignore', 'inherit'] });
  try {
    expect((await once(child, 'exit'))[0]).toBe(0);
  } finally {
    child.kill();
  }
});

describe('over HTTP, with --allow-write', () => {
  test('an assistant with the token starts a run, evaluates, and cancels', async () => {
    const { mcp = '', token, stop } = await serving(home, ['--mcp', '--http', '--allow-write'], 'y');
    const url = new URL(mcp);
    await expect(assistant(new StreamableHTTPClientTransport(url))).rejects.toThrow();
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    const { client, names, ask, refusal } = await assistant(new StreamableHTTPClientTransport(url, { requestInit }));
    expect((await names()).filter((name) => !reading.test(name)).sort()).toEqual([
      'cancel_job',
      'evaluate',
      'generate_text',
      'pause_run',
      'resume_run',
      'start_run',
    ]);
    const [dataset] = (await ask(listSchema, 'list_datasets', { limit: 500 })).items.filter(
      ({ name }) => name === 'rows',
    );
    const config = { model: 'small-llama', dataset: dataset?.id ?? '', ...settings };
    const begun = z.object({ run: jobSchema, jobId: z.string() });
    // Behind a run that does not end by itself, nothing is done before it is cancelled.
    const long = await ask(begun, 'start_run', { name: 'long', config: { ...config, max_steps: 1_000_000 } });
    const waiting: string[] = [];
    for (let at = 0; at < 64; at++)
      waiting.push((await ask(jobSchema, 'evaluate', { model: 'small-llama', dataset: dataset?.id ?? '' })).id);
    expect(await refusal('start_run', { config })).toContain('64 jobs are waiting: assistants add none');
    for (const id of waiting) await ask(z.unknown(), 'cancel_job', { id });
    const evaluated = await ask(jobSchema, 'evaluate', { model: 'small-llama', dataset: dataset?.id ?? '' });
    for (const id of [evaluated.id, long.jobId]) {
      await ask(z.unknown(), 'cancel_job', { id });
      await expect.poll(async () => (await ask(jobSchema, 'get_job', { id })).status).toBe('cancelled');
    }
    const started = await ask(begun, 'start_run', { name: 'second', config });
    await expect
      .poll(async () => (await ask(jobSchema, 'get_job', { id: started.jobId })).status, { interval: 200 })
      .toBe('completed');
    // Unknown paths are rejected.
    const secret = join(folder, 'secret.jsonl');
    writeFileSync(secret, '{"prompt": "a", "completion": "b"}\n');
    for (const path of [secret, `${secret}.not-there`])
      expect(await refusal('start_run', { config: { ...config, dataset: path } })).toContain(
        `There is no dataset "${path}" in the studio, and no such file or folder.`,
      );
    for (const [given, named] of [
      [{}, /config/],
      [{ config: {} }, /config\.model.*config\.dataset/],
      [{ config: { model: 'small-llama' } }, /config\.dataset/],
    ] as const)
      expect(await refusal('start_run', given)).toMatch(named);
    expect(await refusal('evaluate', { model: folder, dataset: dataset?.id ?? '' })).toMatch(/There is no model/);
    expect(await refusal('start_run', { config: { ...config, nonesuch: 1 } })).toMatch(/nonesuch/);
    expect(await refusal('start_run', { config: { ...config, adapter: { r: -1 } } })).toMatch(/\br\b/);
    await client.close();
    expect(await stop()).toBe(0);
  });
});

describe('messages before serving', () => {
  const wrong: [string, string[], RegExp, number?][] = [
    ['nothing is chosen', [], /^coto: Nothing is chosen to be served\. Give --openai/],
    ['--unasked without writing', ['--mcp', '--unasked'], /^coto: --unasked needs --allow-write/],
    ['--allow-write without tools', ['--openai', '--allow-write'], /^coto: --allow-write needs --mcp/],
    [
      'a token where none is asked for',
      ['--mcp', '--token-file', 'x'],
      /^coto: --token-file and --allow-origin are for HTTP/,
    ],
    [
      'an origin with a path',
      ['--openai', '--allow-origin', 'http://a/b'],
      /^coto: --allow-origin "http:\/\/a\/b" is no origin/,
    ],
    ['any origin', ['--openai', '--allow-origin', '*'], /is no origin/],
    ['no port', ['--openai', '--port', '70000'], /^coto: .*port/, 2],
    ['a file that has no token', ['--openai', '--token-file', import.meta.filename], /^coto: .* has no token/],
    ['a folder', ['--openai', '--token-file', folder], /^coto: The token's file .* cannot be used/],
  ];
  test.each(wrong)('%s', async (_, words, message, expected = 1) => {
    const { code, err } = await coto(['serve', ...words]);
    expect(code).toBe(expected);
    expect(err).toMatch(message);
  });
});
