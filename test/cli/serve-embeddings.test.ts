import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openStudio } from '../../src-main/cli/studio.ts';
import { loadTokenizer } from '../../src-main/engine/tokenization/tokenizer.ts';
import { bareEncoder } from '../engine/bare-encoder.ts';
import { withWords } from '../engine/tasks/text-task.ts';
import { writeSentenceFiles } from '../sentence-files.ts';
import { trained } from './commands-support.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';
import { type Serving, serving } from './serving.ts';

const folder = temporaryFolder();
const home = join(folder, 'home');
const coto = cotoOn(home);
const model = join(folder, 'encoder');
let served: Serving;
/** Cosines of the pairs by the adapter, from an evaluation. */
let cosines: number[];

const pairs = ['good', 'bad', 'long', 'short'].map(
  (word) => [`the film was ${word}`, `a very ${word} film .`] as const,
);
const answerSchema = z.object({
  object: z.literal('list'),
  data: z.array(z.object({ index: z.number(), embedding: z.union([z.array(z.number()), z.string()]) })),
  usage: z.object({ prompt_tokens: z.number(), total_tokens: z.number() }),
});
const errorSchema = z.object({ error: z.object({ message: z.string(), param: z.string().nullable() }) });

beforeAll(async () => {
  withWords(await bareEncoder('bert', 'BertModel', 'bert', model));
  const files = { width: 32, pooling: 'cls', maxLength: 8 } as const;
  await writeSentenceFiles(model, files);
  const nested = join(folder, 'nested');
  withWords(await bareEncoder('bert', 'BertModel', 'bert', nested));
  await writeSentenceFiles(nested, files);
  const own = z.looseObject({}).parse(JSON.parse(readFileSync(join(nested, 'config.json'), 'utf8')));
  writeFileSync(join(nested, 'config.json'), JSON.stringify({ ...own, matryoshka_dimensions: [8, 16] }));
  const prompts = { prompts: { query: 'the book ', document: '' }, default_prompt_name: 'query' };
  writeFileSync(join(nested, 'config_sentence_transformers.json'), JSON.stringify(prompts));
  const added = await coto(['models', 'add', nested]);
  expect(added.code, added.err).toBe(0);
  const rows = pairs.flatMap(([anchor, positive]) => ['train', 'test'].map((split) => ({ anchor, positive, split })));
  const data = join(folder, 'films.jsonl');
  writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  expect((await coto(['datasets', 'add', data])).code).toBe(0);
  const adapter = { r: 4, target_modules: 'all-linear' };
  const config = {
    model,
    dataset: 'films',
    max_steps: 2,
    per_device_train_batch_size: 4,
    learning_rate: 0.05,
    adapter,
  };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(config));
  const run = await coto(['train', join(folder, 'run.json'), '--name', 'films-run', '--json']);
  expect(run.code, run.err).toBe(0);
  const name = trained.parse(JSON.parse(run.out)).adapter?.name ?? '';
  const lines = join(folder, 'vectors.jsonl');
  const scored = await coto(['eval', '--adapter', name, '--dataset', 'films', '--predictions', lines]);
  expect(scored.code, scored.err).toBe(0);
  const lineSchema = z.object({ scores: z.object({ cosine: z.number() }) });
  cosines = readFileSync(lines, 'utf8')
    .trim()
    .split('\n')
    .map((line) => lineSchema.parse(JSON.parse(line)).scores.cosine);
  served = await serving(home, ['--openai']);
});
afterAll(() => served.stop());

async function post(body: object, path = '/embeddings') {
  const response = await fetch(`${served.openai}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${served.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'encoder', ...body }),
  });
  const text = await response.text();
  return { status: response.status, json: (): unknown => JSON.parse(text) };
}

async function embed(input: unknown, body: object = {}) {
  const { data, usage } = answerSchema.parse((await post({ input, ...body })).json());
  expect(data.map(({ index }) => index)).toEqual([...data.keys()]);
  return { vectors: data.map(({ embedding }) => floats(embedding)), usage };
}

function floats(embedding: string | number[]): number[] {
  if (typeof embedding !== 'string') return embedding;
  const bytes = Buffer.from(embedding, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
}

const dot = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);

function expectClose(found: readonly (readonly number[])[], expected: readonly (readonly number[])[]): void {
  expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [row, vector] of found.entries())
    for (const [at, value] of vector.entries()) expect(value).toBeCloseTo(expected[row]?.[at] ?? Number.NaN, 5);
}

describe('embeddings', () => {
  test('of an adapter are those that its evaluation compares', async () => {
    const names = z
      .object({ data: z.array(z.object({ id: z.string(), parent: z.string().nullable() })) })
      .parse(
        await (await fetch(`${served.openai}/models`, { headers: { authorization: `Bearer ${served.token}` } })).json(),
      ).data;
    const adapter = names.find(({ parent }) => parent === 'encoder');
    expect(names.map(({ id }) => id)).toContain('encoder');
    const { vectors } = await embed(pairs.flat(), { model: adapter?.id });
    const found = pairs.map((_, at) => dot(vectors[2 * at] ?? [], vectors[2 * at + 1] ?? []));
    expect(cosines).toHaveLength(pairs.length);
    for (const cosine of cosines) expect(Math.min(...found.map((own) => Math.abs(own - cosine)))).toBeLessThan(1e-5);
    const base = await embed(pairs.flat());
    expect(Math.abs(dot(base.vectors[0] ?? [], vectors[0] ?? []))).toBeLessThan(0.9999);
  });

  test('have unit length, whatever else is in the request, as text or as token ids', async () => {
    const texts = ['good', 'the film was very long', 'a book'];
    const { vectors, usage } = await embed(texts);
    for (const vector of vectors) expect(dot(vector, vector)).toBeCloseTo(1, 5);
    for (const [at, text] of texts.entries()) expectClose((await embed(text)).vectors, [vectors[at] ?? []]);
    const tokenizer = await loadTokenizer(model);
    const ids = texts.map((text) => [...tokenizer.encode(text).ids]);
    const tokens = ids.flat().length;
    expect(usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
    expectClose((await embed(ids)).vectors, vectors);
    expectClose((await embed(ids[1])).vectors, [vectors[1] ?? []]);
    expectClose((await embed(texts, { encoding_format: 'base64', user: 'me' })).vectors, vectors);
  });

  test('begin with the default prompt of the model, and are cut to its Matryoshka dimensions', async () => {
    const model = 'nested';
    const { vectors } = await embed('was good', { model });
    expectClose(vectors, (await embed('the book was good')).vectors);
    const { vectors: cut } = await embed('was good', { model, dimensions: 8 });
    const leading = vectors[0]?.slice(0, 8) ?? [];
    expectClose(cut, [leading.map((value) => value / Math.hypot(...leading))]);
    expectClose((await embed('was good', { model, dimensions: 32 })).vectors, vectors);
  });

  const cases: [string, object, object, RegExp][] = [
    [
      'a width that the model was not trained for',
      { input: 'a', dimensions: 8 },
      { param: 'dimensions' },
      /Matryoshka/,
    ],
    ['another width', { input: 'a', model: 'nested', dimensions: 9 }, { param: 'dimensions' }, /8, 16, 32/],
    ['a text that is too long', { input: ['a', 'a '.repeat(9)] }, { param: 'input' }, /Input 1 has 11 tokens.* 8/],
    ['unknown tokens', { input: [[1, 99_999]] }, { param: 'input' }, /99999/],
    ['no input', {}, { param: 'input' }, /input/],
    ['an empty list', { input: [] }, { param: 'input' }, /input/],
    ['another format', { input: 'a', encoding_format: 'int8' }, { param: 'encoding_format' }, /encoding_format/],
    ['a field of no request', { input: 'a', n: 2 }, { param: 'n' }, /n is no field/],
    ['a language model', { input: 'a', model: 'small-llama' }, {}, /without vectors/],
    ['an image model', { input: 'a', model: 'quickdraw-vit' }, { param: 'model' }, /no language or sentence model/],
  ];
  test.each(cases)('%s is refused', async (_, body, expected, message) => {
    const { status, json } = await post(body);
    expect(status).toBe('model' in body && body.model === 'quickdraw-vit' ? 404 : 400);
    const { error } = errorSchema.parse(json());
    expect(error).toMatchObject(expected);
    expect(error.message).toMatch(message);
  });

  test('a sentence model writes no text', async () => {
    const { status, json } = await post({ messages: [{ role: 'user', content: 'Hi.' }] }, '/chat/completions');
    expect(status).toBe(400);
    expect(errorSchema.parse(json()).error).toMatchObject({
      param: 'model',
      message: expect.stringMatching(/vectors/),
    });
  });
});

test('nothing of the embeddings is kept', async () => {
  await served.stop();
  const studio = await openStudio(home);
  const jobs = await studio.client.request('jobs.list', { active: false });
  await studio.close();
  expect(jobs.filter(({ kind }) => kind === 'embed-texts')).toEqual([]);
});
