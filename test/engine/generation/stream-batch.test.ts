import { existsSync, readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { Generation } from '../../../src-main/engine/generation/generation.ts';
import type { RowOptions } from '../../../src-main/engine/generation/row.ts';
import { type Stream, StreamBatch, type StreamLimits } from '../../../src-main/engine/generation/stream-batch.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

/** Every family of test/golden that writes text. */
const families = readdirSync(goldenPath()).filter((name) =>
  existsSync(goldenPath(name, 'generate-greedy.safetensors')),
);
const endTokens = { eos: [], pad: 0, start: 0 };

interface Request {
  readonly prompt: readonly number[];
  readonly options: RowOptions;
  /** Step before which the text joins. */
  readonly at: number;
}

const greedy = { parameters: { temperature: 0 }, seed: 0, endTokens, topTokens: 3 };
const drawn = { parameters: { temperature: 0.9, top_p: 0.95, repetition_penalty: 1.2 }, endTokens, topTokens: 0 };
/** Prompts and texts of different lengths, with different settings, that overlap in time. */
const requests: readonly Request[] = [
  { prompt: [5, 9, 3], options: { ...greedy, maxNewTokens: 12 }, at: 0 },
  { prompt: [7, 4, 11, 2, 8, 6, 13], options: { ...drawn, seed: 5, maxNewTokens: 4 }, at: 2 },
  { prompt: [12], options: { ...greedy, maxNewTokens: 9 }, at: 3 },
  { prompt: [3, 3, 8, 1], options: { ...drawn, seed: 6, maxNewTokens: 6 }, at: 3 },
  { prompt: [9, 2, 4, 4, 10], options: { ...greedy, maxNewTokens: 5 }, at: 8 },
];

beforeAll(() => activateCompute(testCompute));

async function withModel<Result>(family: string, run: (model: AdaptedModel) => Promise<Result>): Promise<Result> {
  const base = await loadBaseModel(goldenPath(family, 'base'));
  const model = new AdaptedModel(base);
  try {
    return await run(model);
  } finally {
    model.dispose();
    base.dispose();
  }
}

interface Written {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
}

async function alone(model: AdaptedModel, { prompt, options }: Request): Promise<Written> {
  const generation = new Generation(model, [prompt], options);
  while (!generation.done) await generation.step();
  const logprobs = generation.recorded(0).map(({ logprob }) => logprob);
  const written = { tokens: generation.tokens(0).slice(prompt.length), logprobs };
  generation.dispose();
  return written;
}

interface Together {
  readonly texts: readonly Written[];
  readonly streams: readonly Stream[];
  /** Number of rows in each step. */
  readonly rows: readonly number[];
}

async function together(
  model: AdaptedModel,
  given: readonly Request[],
  limits: Partial<StreamLimits> = {},
  during: (step: number, streams: readonly Stream[]) => void = () => undefined,
): Promise<Together> {
  const batch = new StreamBatch(model, limits);
  const streams: Stream[] = [];
  const told = new Map<Stream, number[]>();
  const rows: number[] = [];
  for (let step = 0; streams.length < given.length || !batch.done; step++) {
    for (const { prompt, options, at } of given) if (at === step) streams.push(batch.add(prompt, options));
    during(step, streams);
    await batch.step((stream, token) => told.set(stream, [...(told.get(stream) ?? []), token ?? -1]));
    rows.push(batch.rows);
  }
  batch.dispose();
  const texts = streams.map((stream) => ({
    tokens: told.get(stream) ?? [],
    logprobs: stream.recorded.map(({ logprob }) => logprob),
  }));
  return { texts, streams, rows };
}

function expectAlike(texts: readonly Written[], expected: readonly Written[]): void {
  expect(texts.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
  for (const [index, { logprobs }] of texts.entries()) {
    const wanted = expected[index]?.logprobs ?? [];
    expect(logprobs).toHaveLength(wanted.length);
    for (const [at, logprob] of logprobs.entries()) expect(Math.abs(logprob - (wanted[at] ?? 0))).toBeLessThan(1e-4);
  }
}

describe.each(families)('%s', (family) => {
  it('writes together what each text is alone, or says why it cannot', async () => {
    await withModel(family, async (model) => {
      const isAlone = model.base.description.kind === 'seq2seq-lm' || model.base.cacheLimit !== undefined;
      expect(StreamBatch.obstacle(model) !== null).toBe(isAlone);
      if (isAlone) return;
      const expected: Written[] = [];
      for (const request of requests) expected.push(await alone(model, request));
      const before = tf.memory().numTensors;
      const { texts, rows } = await together(model, requests);
      expectAlike(texts, expected);
      expect(Math.max(...rows)).toBeGreaterThan(2);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});

describe('limits', () => {
  it('read a long prompt in parts, between which the other texts get their tokens', async () => {
    for (const family of ['llama', 'gemma3', 'qwen3.5'])
      await withModel(family, async (model) => {
        const long = { prompt: Array.from({ length: 11 }, (_, at) => 2 + at), options: requests[1]?.options, at: 1 };
        const given = [requests[0], long].flatMap((one) => (one?.options ? [{ ...one, options: one.options }] : []));
        const expected: Written[] = [];
        for (const request of given) expected.push(await alone(model, request));
        const lengths: number[] = [];
        const { texts } = await together(model, given, { chunk: 3 }, (_, [first, second]) => {
          if (second && second.row.generated === 0) lengths.push(first?.row.generated ?? 0);
        });
        expectAlike(texts, expected);
        // Four parts: the first text gets a token with each.
        expect(lengths).toEqual([1, 2, 3, 4]);
      });
  });

  it('keep further texts waiting, in their order', async () => {
    await withModel('llama', async (model) => {
      const expected: Written[] = [];
      for (const request of requests) expected.push(await alone(model, request));
      const { texts, rows } = await together(model, requests, { rows: 2 });
      expectAlike(texts, expected);
      expect(Math.max(...rows)).toBe(2);
    });
  });

  it('read the youngest text again where the cache outgrows its bytes', async () => {
    for (const family of ['llama', 'gpt2'])
      await withModel(family, async (model) => {
        const expected: Written[] = [];
        for (const request of requests) expected.push(await alone(model, request));
        const whole = await together(model, requests);
        const small = await together(model, requests, { cacheBytes: 4000 });
        expectAlike(small.texts, expected);
        expect(small.rows.length).toBeGreaterThan(whole.rows.length);
      });
  });
});

it('ends one text alone: one that is cancelled, and one whose scores are not finite', async () => {
  await withModel('llama', async (model) => {
    const expected: Written[] = [];
    for (const request of requests) expected.push(await alone(model, request));
    const { texts, streams } = await together(model, requests, {}, (step, given) => {
      if (step === 5) given[0]?.finish('cancelled');
      const scores = new Float32Array(8).fill(Number.NaN);
      if (step === 4) given[2]?.take(scores);
    });
    expect(streams.map(({ finishReason }) => finishReason)).toEqual([
      'cancelled',
      'length',
      'cancelled',
      'length',
      'length',
    ]);
    expect(streams[2]?.error).toMatchObject({ code: 'not_finite' });
    expect(texts[0]?.tokens).toEqual(expected[0]?.tokens.slice(0, 5));
    for (const index of [1, 3, 4]) expect(texts[index]?.tokens).toEqual(expected[index]?.tokens);
  });
});

it('refuses an empty prompt and one that fills the context', async () => {
  await withModel('llama', async (model) => {
    const batch = new StreamBatch(model);
    const options = { ...greedy, maxNewTokens: 1 };
    expect(() => batch.add([], options)).toThrow('The prompt is empty.');
    expect(() => batch.add(Array<number>(10_000).fill(1), options)).toThrow('The prompt has 10000 tokens');
    expect(batch.done).toBe(true);
  });
});
