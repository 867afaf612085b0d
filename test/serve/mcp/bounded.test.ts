import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { bounded } from '../../../src-main/serve/mcp/bounded.ts';
import { mcpServer } from '../../../src-main/serve/mcp/server.ts';
import { rowsOf } from '../../../src-main/serve/mcp/tool.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import { backend, job, request } from '../../src-renderer/fake-backend.ts';

test('returns short values whole', () => {
  const value = { a: [1, 2.5, null], b: { c: 'text', d: undefined, e: true } };
  expect(bounded(value)).toEqual({ value: { a: [1, 2.5, null], b: { c: 'text', e: true } }, leftOut: [] });
});

test.each([
  ['a long list', { list: Array(501).fill(0) }, ['list: 500 of 501']],
  ['a long text', ['a'.repeat(200_000)], [/^\[0\]: \d+ of 200000 characters$/]],
  [
    'many short texts',
    { rows: Array(400).fill({ text: 'a'.repeat(1000) }) },
    [/^rows\[\d+\]\.text/, /^rows: \d+ of 400/],
  ],
  [
    'many keys',
    Object.fromEntries(Array.from({ length: 50_000 }, (_, key) => [`key ${key}`, 0])),
    [/of 50000 fields$/],
  ],
  ['lists in lists', Array(500).fill(Array(500).fill(0.12345)), [/\[\d+\]: \d+ of 500/, /: \d+ of 500$/]],
])('%s is cut, and what is cut is named', (_, given, expected) => {
  const { value, leftOut } = bounded(given);
  expect(leftOut).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  expect(JSON.stringify(value).length).toBeLessThan(250_000);
});

test('rows of a table have their head', () => {
  const csv = 'a,b\n1,2\n3,4\n5,6\n';
  expect(rowsOf(csv, { limit: 1, offset: 1 })).toEqual({ rows: 3, offset: 1, csv: 'a,b\n3,4' });
});

test('an assistant is told that a result is cut', async () => {
  const text = 'a'.repeat(300_000);
  const rates = { promptTokens: 1, promptSeconds: 1, newTokens: 1, generationSeconds: 1, finish: 'length' as const };
  backend.answers['jobs.get'] = ({ id }) => job(id, 'generate');
  backend.answers['jobs.result'] = () => ({
    kind: 'generate',
    result: { prompt: 'a', columns: [{ ...rates, text }] },
  });
  const on = () => () => undefined;
  const studio: StudioClient = { request, on, onClose: () => undefined, closed: false, close: () => undefined };
  const [own, other] = InMemoryTransport.createLinkedPair();
  await mcpServer(studio, { version: '1', allowWrite: false, questions: null }).connect(other);
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(own);
  const answer = await client.callTool({ name: 'get_job', arguments: { id: 'job_1' } });
  const { content } = z.object({ content: z.array(z.object({ text: z.string() })) }).parse(answer);
  expect(JSON.parse(content[0]?.text ?? '')).toMatchObject({ id: 'job_1', result: { prompt: 'a' } });
  expect(content[0]?.text.length).toBeLessThan(110_000);
  expect(content[1]?.text).toMatch(/cut.*result\.columns\[0\]\.text: \d+ of 300000 characters/);
  await client.close();
});
