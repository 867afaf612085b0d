import { z } from 'zod';
import { decoderKeys, decoderSizes } from './config.ts';
import { decoderFamily } from './family.ts';
import { llamaLayout } from './llama-layout.ts';
import { type Rope, readRope } from './rope.ts';

/** Rotation of Ministral 3 where config.json has none, as in transformers. */
const usualRotation = {
  rope_type: 'yarn',
  rope_theta: 1_000_000,
  factor: 16,
  original_max_position_embeddings: 16_384,
  mscale: 1,
  mscale_all_dim: 1,
  llama_4_scaling_beta: 0.1,
};

/** Ministral 3 (Mistral AI 2025), with the checkpoints of `Ministral3ForCausalLM`. */
export const ministral3Family = decoderFamily(
  'ministral3',
  {
    id: 'ministral3',
    label: 'Ministral 3',
    checkpoints: ['mistralai/Ministral-3-3B-Instruct-2512'],
    summary: 'Mistral with stretched rotary positions, and queries that grow with the position.',
    paper: { title: 'Ministral 3', url: 'https://arxiv.org/abs/2601.08584' },
  },
  {
    label: 'a Ministral 3',
    keys: z.object({ ...decoderKeys, rms_norm_eps: z.number().positive().default(1e-5) }),
    layout: (keys, file) => {
      const { rope_parameters = keys.rope_scaling ?? usualRotation } = keys;
      const sizes = { ...decoderSizes(file, keys), theta: 1_000_000 };
      const rope = readRope(file, { ...keys, rope_parameters }, sizes);
      const original = rope_parameters.original_max_position_embeddings ?? keys.max_position_embeddings;
      return llamaLayout(file, keys, {
        architecture: 'Ministral3ForCausalLM',
        ropes: [rope, withGrowingQueries(rope, Number(rope_parameters['llama_4_scaling_beta'] ?? 0), original)],
        attention: () => ({ window: keys.sliding_window || 0, rotary: { keys: 0, queries: 1 } }),
      });
    },
  },
);

/** Llama 4's scaling of queries: they grow by the logarithm of how often the trained length fits into the position. */
function withGrowingQueries(rope: Rope, beta: number, original: number): Rope {
  return { ...rope, scaleAt: (position) => 1 + beta * Math.log(1 + Math.floor(position / original)) };
}
