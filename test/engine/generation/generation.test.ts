import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { adapterVariants } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { readEndTokens } from '../../../src-main/engine/generation/end-tokens.ts';
import { Generation, type GenerationOptions } from '../../../src-main/engine/generation/generation.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

/** Every family of test/golden with tokens that transformers generated. */
const families = readdirSync(goldenPath()).filter((name) =>
  existsSync(goldenPath(name, 'generate-greedy.safetensors')),
);

const greedy = { parameters: { temperature: 0 }, seed: 0 };
const endless: GenerationOptions = { ...greedy, maxNewTokens: 20, endTokens: { eos: [], pad: 0, start: 0 } };

beforeAll(() => activateCompute(testCompute));

function rows(tensor: HostTensor | undefined): number[][] {
  const [batch = 0, tokens = 0] = tensor?.shape ?? [];
  return Array.from({ length: batch }, (_, row) =>
    Array.from(tensor?.data.slice(row * tokens, (row + 1) * tokens) ?? [], Number),
  );
}

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

async function generated(model: AdaptedModel, prompts: number[][], options: GenerationOptions): Promise<number[][]> {
  // Creates the values that a model computes once and keeps.
  const first = new Generation(model, prompts, options);
  await first.step();
  first.dispose();
  const before = tf.memory().numTensors;
  const generation = new Generation(model, prompts, options);
  while (!generation.done) await generation.step();
  const tokens = prompts.map((_, row) => [...generation.tokens(row)]);
  generation.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return tokens;
}

it('finds the families that generate', () => {
  expect(families.length).toBeGreaterThan(7);
});

describe.each(families)('%s', (family) => {
  const hasPadded = existsSync(goldenPath(family, 'generate-left-padded.safetensors'));
  const isEncoded = readFileSync(goldenPath(family, 'family.json'), 'utf8').includes('"seq2seq"');

  it('takes the tokens that transformers takes', async () => {
    const golden = await readSafetensors(goldenPath(family, 'generate-greedy.safetensors'));
    await withModel(family, async (model) => {
      expect(await generated(model, rows(golden.get('input_ids')), endless)).toEqual(rows(golden.get('tokens')));
    });
  });

  // Behind an encoder a text does not continue its prompt.
  it.runIf(!isEncoded)('takes the same tokens after a part of them, beside the shorter prompt', async () => {
    const golden = await readSafetensors(goldenPath(family, 'generate-greedy.safetensors'));
    const [prompt = []] = rows(golden.get('input_ids'));
    const [expected = []] = rows(golden.get('tokens'));
    const further = 5;
    const options = { ...endless, maxNewTokens: expected.length - prompt.length - further };
    await withModel(family, async (model) => {
      const prompts = [prompt, expected.slice(0, prompt.length + further)];
      // LongRoPE rotates the tokens of all rows by the length of the longest.
      const batches = model.base.cacheLimit === undefined ? [prompts] : prompts.map((one) => [one]);
      const made: number[][] = [];
      for (const batch of batches) made.push(...(await generated(model, batch, options)));
      const [shorter = [], longer = []] = made;
      expect(shorter.slice(shorter.length - expected.length + further)).toEqual(expected.slice(0, -further));
      expect(longer).toEqual(expected);
    });
  });

  it.runIf(hasPadded)('takes them of prompts of two lengths, of which one ends early', async () => {
    const golden = await readSafetensors(goldenPath(family, 'generate-left-padded.safetensors'));
    const mask = rows(golden.get('attention_mask'));
    const prompts = rows(golden.get('input_ids')).map((row, index) => row.filter((_, at) => mask[index]?.[at] === 1));
    const expected = rows(golden.get('tokens'));
    const number = (name: string) => Number(golden.get(name)?.data[0]);
    await withModel(family, async (model) => {
      // Behind an encoder, tokens are the decoder's, which begin with one that is not generated.
      const given = isEncoded ? 1 : (mask[0]?.length ?? 0);
      const options: GenerationOptions = {
        ...greedy,
        maxNewTokens: (expected[0]?.length ?? 0) - given,
        endTokens: { eos: [number('eos_token_id')], pad: number('pad_token_id'), start: 0 },
      };
      expect(await generated(model, prompts, options)).toEqual(expected);
    });
  });

  const adapters = ['lora', 'dora'].filter((name) =>
    existsSync(goldenPath(family, 'adapters', name, 'generate-greedy.safetensors')),
  );
  for (const name of adapters)
    it.skipIf(!adapterVariants.some(({ declaration }) => declaration.id === name))(
      `takes those of the adapter ${name}`,
      async () => {
        const folder = goldenPath(family, 'adapters', name);
        const golden = await readSafetensors(`${folder}/generate-greedy.safetensors`);
        await withModel(family, async (model) => {
          model.loadState(await readAdapter(folder, model.base.description));
          const prompts = rows(golden.get('input_ids') ?? (await greedyInputs(family)));
          expect(await generated(model, prompts, endless)).toEqual(rows(golden.get('tokens')));
        });
      },
    );
});

async function greedyInputs(family: string): Promise<HostTensor | undefined> {
  return (await readSafetensors(goldenPath(family, 'generate-greedy.safetensors'))).get('input_ids');
}

describe('drawing', () => {
  const sampled = (seed: number): GenerationOptions => ({
    ...endless,
    parameters: { temperature: 1.2, top_k: 0, top_p: 0.95 },
    seed,
  });

  it('gives the same tokens for the same seed, whatever else is in the batch, and others for another', async () => {
    await withModel('llama', async (model) => {
      const prompt = [5, 9, 3];
      const [first] = await generated(model, [prompt], sampled(1));
      expect(await generated(model, [prompt], sampled(1))).toEqual([first]);
      expect(await generated(model, [prompt, [7, 7, 7]], sampled(1))).toContainEqual(first);
      expect(await generated(model, [prompt], sampled(2))).not.toEqual([first]);
    });
  });
});

describe('ends of a text', () => {
  it('says why', async () => {
    await withModel('llama', async (model) => {
      const places = model.base.description.text?.maxPositions ?? 0;
      const prompt = [5, 9, 3];
      const full = new Generation(model, [prompt], { ...endless, maxNewTokens: 10_000 });
      while (!full.done) await full.step();
      expect(full.finishReason(0)).toBe('context');
      expect(full.tokens(0)).toHaveLength(places);
      expect(full.times).toMatchObject({ promptTokens: 3, newTokens: places - 3 });
      full.dispose();

      const cut = new Generation(model, [prompt, prompt], { ...endless, maxNewTokens: 2 });
      await cut.step();
      cut.finish(1, 'stop');
      await cut.step();
      expect([cut.finishReason(0), cut.finishReason(1)]).toEqual(['length', 'stop']);
      cut.dispose();

      expect(() => new Generation(model, [[]], endless)).toThrow('The prompt is empty.');
      expect(() => new Generation(model, [Array<number>(places).fill(1)], endless)).toThrow(
        `The prompt has ${places} tokens, but the model takes ${places} in all`,
      );
    });
  });

  it('reads the end tokens of generation_config.json before those of config.json', async () => {
    expect(await readEndTokens(goldenPath('llama', 'base'))).toEqual({ eos: [2], pad: 0 });
  });
});
