import { z } from 'zod';
import { decoderKeys } from './config.ts';
import { decoderFamily } from './family.ts';
import { llamaLayout } from './llama-layout.ts';

/** Seed-OSS (ByteDance Seed 2025), with the checkpoints of `SeedOssForCausalLM`. */
export const seedOssFamily = decoderFamily(
  'seed_oss',
  {
    id: 'seed_oss',
    label: 'Seed-OSS',
    checkpoints: ['ByteDance-Seed/Seed-OSS-36B-Instruct'],
    summary: 'Llama with biases of queries, keys and values.',
    paper: {
      title: 'Seed-OSS Open-Source Models',
      url: 'https://github.com/ByteDance-Seed/seed-oss',
    },
  },
  {
    label: 'a Seed-OSS',
    keys: z.object({
      ...decoderKeys,
      attention_bias: z.boolean().default(true),
      attention_out_bias: z.boolean().default(false),
      head_dim: decoderKeys.head_dim.default(128),
      num_key_value_heads: decoderKeys.num_key_value_heads.default(8),
    }),
    layout: (keys, file) =>
      llamaLayout(file, keys, {
        architecture: 'SeedOssForCausalLM',
        attention: () => ({ hasBias: keys.attention_bias, hasOutputBias: keys.attention_out_bias }),
        hasMlpBias: keys.mlp_bias,
      }),
  },
);
