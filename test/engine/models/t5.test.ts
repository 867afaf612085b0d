import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { Generation } from '../../../src-main/engine/generation/generation.ts';
import { bucketOf } from '../../../src-main/engine/models/blocks/relative-bias.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { forwardThrough, PlainRunner } from '../../../src-main/engine/models/plain-runner.ts';
import { parseT5Config } from '../../../src-main/engine/models/t5/config.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

const scratch = mkdtempSync(join(tmpdir(), 'coto-t5-'));
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const facts = z
  .object({
    buckets: z.array(
      z.object({
        ...{ buckets: z.number(), maxDistance: z.number(), isBidirectional: z.boolean(), first: z.number() },
        rows: z.array(z.number()),
      }),
    ),
    config: z.record(z.string(), z.unknown()),
  })
  .parse(JSON.parse(readFileSync(goldenPath('misc', 't5.json'), 'utf8')));

describe('the rows of distances', () => {
  it.each(facts.buckets)(
    'are those of transformers with $buckets rows up to $maxDistance, in both directions: $isBidirectional',
    ({ rows, first, ...relative }) => {
      expect(rows.map((_, at) => bucketOf(first + at, relative))).toEqual(rows);
    },
  );
});

describe('generation', () => {
  it('gives with the cache the logits of the whole decoder without one', async () => {
    const base = await loadBaseModel(goldenPath('t5-relu', 'base'));
    const model = new AdaptedModel(base);
    model.loadState(await readAdapter(goldenPath('t5-relu', 'adapters', 'lora'), base.description));
    const prompts = [Array.from({ length: 30 }, (_, at) => 5 + ((at * 7) % 60)), [9, 40, 12, 33]];
    const generation = new Generation(model, prompts, {
      ...{ maxNewTokens: 12, parameters: { temperature: 0 }, seed: 0 },
      endTokens: { eos: [], pad: 0, start: 0 },
    });
    while (!generation.done) await generation.step();
    for (const [row, prompt] of prompts.entries()) {
      const tokens = [...generation.tokens(row)];
      const logits = tf.tidy(() =>
        tf
          .argMax(
            model.forward({
              input_ids: tf.tensor2d(prompt, [1, prompt.length], 'int32'),
              decoder_input_ids: tf.tensor2d(tokens.slice(0, -1), [1, tokens.length - 1], 'int32'),
            }),
            1,
          )
          .arraySync(),
      );
      expect(logits).toEqual(tokens.slice(1));
    }
    generation.dispose();
    model.dispose();
    base.dispose();
  });

  it('refuses a model without a first token of the decoder', async () => {
    const base = await loadBaseModel(goldenPath('t5', 'base'));
    const model = new AdaptedModel(base);
    const options = { maxNewTokens: 4, parameters: {}, seed: 0, endTokens: { eos: [1], pad: 0 } };
    expect(() => new Generation(model, [[5, 6]], options)).toThrow(/lacks the key "decoder_start_token_id"/);
    model.dispose();
    base.dispose();
  });
});

const keys = { ...facts.config, d_model: 24, vocab_size: 64 };
const parsed = (changes: Record<string, unknown>) =>
  parseT5Config({ path: 'config.json', value: { ...keys, ...changes } });

describe('config.json', () => {
  /** A value of each option that changes the model. */
  const implemented: Record<string, unknown> = {
    ...{ d_ff: 40, d_kv: 8, d_model: 32, num_layers: 3, num_decoder_layers: 2, num_heads: 3, vocab_size: 80 },
    ...{ dense_act_fn: 'gelu_new', is_gated_act: true, layer_norm_epsilon: 1e-5, scale_decoder_outputs: false },
    ...{ relative_attention_max_distance: 100, relative_attention_num_buckets: 16 },
  };
  /** Values that are refused, by options that would compute something else. */
  const refused: Record<string, unknown> = {
    ...{ architectures: ['T5EncoderModel'], is_decoder: true, is_encoder_decoder: false },
    ...{ feed_forward_proj: 'gated-gelu-2', dense_act_fn: 'gelu_10', relative_attention_num_buckets: 7 },
  };
  /**
   * Options without an effect on outputs: names, dropout, starts of training, what transformers returns, labels of other heads. The
   * tokens that begin and end texts are read where texts are written, and how the weights are stored from the weights.
   */
  const ignored = [
    ...['_name_or_path', 'model_type', 'transformers_version', 'dtype', 'initializer_factor', 'use_cache'],
    ...['classifier_dropout', 'dropout_rate', 'chunk_size_feed_forward', 'problem_type', 'id2label', 'label2id'],
    ...['output_attentions', 'output_hidden_states', 'return_dict', 'eos_token_id', 'pad_token_id'],
    // Replaced by dense_act_fn and is_gated_act, and by scale_decoder_outputs, where the config has them.
    ...['feed_forward_proj', 'tie_word_embeddings'],
  ];

  it('has every option of transformers implemented, refused by name, or without an effect', () => {
    const known = new Set([...Object.keys(implemented), ...Object.keys(refused), ...ignored]);
    expect(Object.keys(facts.config).filter((key) => !known.has(key))).toEqual([]);
    for (const [key, value] of Object.entries(implemented))
      expect(parsed({ [key]: value }), key).not.toEqual(parsed({}));
    for (const [key, value] of Object.entries(refused))
      expect(() => parsed({ [key]: value }), key).toThrow(new RegExp(`${key} is .*only .* supported`));
  });

  it('takes the activation and the scale from the older options where it lacks the newer', () => {
    const old = { dense_act_fn: undefined, is_gated_act: undefined, scale_decoder_outputs: undefined };
    expect(parsed({ ...old, feed_forward_proj: 'relu' })).toMatchObject({ activation: 'relu', isGated: false });
    expect(parsed({ ...old, feed_forward_proj: 'gated-gelu' })).toMatchObject({
      activation: 'gelu_tanh',
      isGated: true,
    });
    expect(parsed({ ...old, feed_forward_proj: 'gated-silu' })).toMatchObject({ activation: 'silu', isGated: true });
    expect(parsed({ ...old, tie_word_embeddings: true }).outputScale).toBe(24 ** -0.5);
    expect(parsed({ ...old, tie_word_embeddings: false }).outputScale).toBe(1);
    expect(parsed({ num_decoder_layers: null }).decoderLayers).toBe(6);
  });
});

/** A copy of a golden base, changed. */
function changed(name: string, config: Record<string, unknown>): string {
  const folder = join(scratch, name);
  cpSync(goldenPath('t5', 'base'), folder, { recursive: true });
  const path = join(folder, 'config.json');
  const before = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')));
  writeFileSync(path, JSON.stringify({ ...before, ...config }));
  return folder;
}

describe('a damaged model', () => {
  it.each([
    ['more layers than its weights', { num_decoder_layers: 3 }, /decoder\.block\.2/],
    ['fewer layers than its weights', { num_decoder_layers: 1 }, /decoder\.block\.1.*unknown to this model family/],
    ['another width of a head', { d_kv: 5 }, /SelfAttention\.q\.weight" has shape \[24, 24\].*\[20, 24\]/],
    ['weights of a gated layer', { is_gated_act: false }, /DenseReluDense\.wi\.weight/],
  ])('with %s is refused by name', async (name, config, message) => {
    await expect(loadBaseModel(changed(name, config))).rejects.toThrow(message);
  });
});

describe('inputs', () => {
  it('that are too long for the memory of attention are refused', async () => {
    const base = await loadBaseModel(goldenPath('t5', 'base'));
    const inputs = {
      input_ids: tf.fill([1, 12_000], 7, 'int32'),
      decoder_input_ids: tf.tensor2d([0], [1, 1], 'int32'),
    };
    expect(() => tf.tidy(() => forwardThrough(base, inputs, new PlainRunner(base)))).toThrow(
      /A text has 12000 tokens, whose attention would take 3 GiB/,
    );
    tf.dispose(inputs);
    base.dispose();
  });

  it('without the tokens of the decoder are refused', async () => {
    const base = await loadBaseModel(goldenPath('t5', 'base'));
    const inputs = { input_ids: tf.tensor2d([5, 6], [1, 2], 'int32') };
    expect(() => tf.tidy(() => forwardThrough(base, inputs, new PlainRunner(base)))).toThrow(
      /lack the tensor "decoder_input_ids"/,
    );
    tf.dispose(inputs);
    base.dispose();
  });
});
