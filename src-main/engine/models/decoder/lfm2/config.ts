import { z } from 'zod';
import type { ModelConfigFile } from '../../family.ts';
import { checkLayerTypes, decoderKeys, decoderSizes } from '../config.ts';

/** Keys of LFM2's config.json, with the names and defaults of transformers. */
export const lfm2Keys = z.object({
  ...decoderKeys,
  norm_eps: z.number().positive().default(1e-5),
  tie_word_embeddings: z.boolean().default(true),
  conv_bias: z.boolean().default(false),
  conv_L_cache: z.number().int().min(2).max(64).default(3),
  block_auto_adjust_ff_dim: z.boolean().default(true),
  block_ffn_dim_multiplier: z.number().positive().default(1),
  block_multiple_of: z.number().int().positive().default(256),
  full_attn_idxs: z.array(z.number().int()).optional(),
  // Names of the first checkpoints.
  block_ff_dim: z.number().int().positive().optional(),
  tie_embedding: z.boolean().optional(),
});
type Lfm2Keys = z.infer<typeof lfm2Keys>;

export function lfm2Sizes(file: ModelConfigFile, keys: Lfm2Keys) {
  const { layer_types: types, full_attn_idxs: attending } = keys;
  checkLayerTypes(file, types, ['full_attention', 'conv']);
  return {
    ...decoderSizes(file, keys),
    inner: innerSize(keys),
    isTied: keys.tie_embedding ?? keys.tie_word_embeddings,
    isAttention: (index: number) => (types ? types[index] === 'full_attention' : (attending?.includes(index) ?? true)),
  };
}

/** Width of the feed-forward part: two thirds, rounded up to a multiple, where the config has it adjusted. */
function innerSize(keys: Lfm2Keys): number {
  const stated = keys.block_ff_dim ?? keys.intermediate_size;
  if (!keys.block_auto_adjust_ff_dim) return stated;
  const adjusted = Math.trunc(keys.block_ffn_dim_multiplier * Math.trunc((2 * stated) / 3));
  return keys.block_multiple_of * Math.ceil(adjusted / keys.block_multiple_of);
}
