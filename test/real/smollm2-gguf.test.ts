import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { describeModel } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { openSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { realGolden, smolLm2Folder } from './models.ts';

const tensorsFile = realGolden('smollm2', 'tensors.safetensors');
const names = [
  'model.embed_tokens.weight',
  'model.layers.0.self_attn.q_proj.weight',
  'model.layers.3.self_attn.k_proj.weight',
  'model.layers.29.mlp.down_proj.weight',
];
const readJson = (name: string): unknown => JSON.parse(readFileSync(join(smolLm2Folder(), name), 'utf8'));

describe('SmolLM2-135M-Instruct.Q4_1.gguf', () => {
  test.each(names)('gives the values of %s', async (name) => {
    const golden = await openSafetensors(tensorsFile);
    const file = await openSafetensors(join(smolLm2Folder(), 'model.safetensors'));
    try {
      const rows = await golden.read(`${name}.rows0_2`);
      // Stored as float64, read as float32: seven digits.
      const [sum = Number.NaN] = (await golden.read(`${name}.sum`)).data;
      const { data } = await file.read(name);
      expect([...data.slice(0, rows.data.length)]).toEqual([...rows.data]);
      let found = 0;
      let size = 0;
      for (const value of data) {
        found += value;
        size += Math.abs(value);
      }
      expect(Math.abs(found - sum) / size).toBeLessThan(1e-8);
    } finally {
      await golden.close();
      await file.close();
    }
  });

  test('is a Llama of 135 million parameters, tied', async () => {
    const description = await describeModel(smolLm2Folder());
    expect(description).toMatchObject({
      family: 'llama',
      layerCount: 30,
      hiddenSize: 576,
      parameterCount: 134_515_008,
    });
    expect(readJson('config.json')).toMatchObject({
      vocab_size: 49_152,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      tie_word_embeddings: true,
      rope_theta: 100_000,
      rms_norm_eps: 1e-5,
      max_position_embeddings: 8192,
    });
  });

  test('has the tokenizer with its special tokens, and the chat template', () => {
    const tokenizer = z
      .object({
        model: z.object({ vocab: z.record(z.string(), z.number()), merges: z.array(z.array(z.string()).length(2)) }),
        added_tokens: z.array(z.object({ id: z.number(), content: z.string(), special: z.boolean() })),
      })
      .parse(readJson('tokenizer.json'));
    expect(Object.keys(tokenizer.model.vocab)).toHaveLength(49_152);
    expect(tokenizer.model.merges).toHaveLength(48_900);
    expect(tokenizer.added_tokens.slice(0, 3)).toEqual([
      { id: 0, content: '<|endoftext|>', special: true },
      { id: 1, content: '<|im_start|>', special: true },
      { id: 2, content: '<|im_end|>', special: true },
    ]);
    expect(tokenizer.added_tokens).toHaveLength(17);
    expect(readJson('tokenizer_config.json')).toMatchObject({
      eos_token: '<|im_end|>',
      add_bos_token: false,
      chat_template: expect.stringContaining('You are a helpful AI assistant named SmolLM, trained by Hugging Face'),
    });
    expect(readJson('generation_config.json')).toMatchObject({ eos_token_id: 2 });
  });
});
