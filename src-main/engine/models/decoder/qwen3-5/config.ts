import { z } from 'zod';
import { unsupportedValue } from '../../config-file.ts';
import type { ModelConfigFile } from '../../family.ts';
import { checkLayerTypes, decoderKeys, decoderSizes } from '../config.ts';
import { readRope } from '../rope.ts';

const count = (usual: number) => z.number().int().positive().default(usual);

/** Keys of Qwen 3.5's config.json, with the names and defaults of transformers. */
export const qwen35Keys = z.object({
  ...decoderKeys,
  head_dim: count(256),
  linear_conv_kernel_dim: count(4),
  linear_key_head_dim: count(128),
  linear_value_head_dim: count(128),
  linear_num_key_heads: count(16),
  linear_num_value_heads: count(32),
  full_attention_interval: count(4),
});
type Qwen35Keys = z.infer<typeof qwen35Keys>;

export function qwen35Sizes(file: ModelConfigFile, keys: Qwen35Keys) {
  const { layer_types: types, hidden_act, full_attention_interval: interval } = keys;
  checkLayerTypes(file, types, ['linear_attention', 'full_attention']);
  if (hidden_act !== 'silu') throw unsupportedValue(file, 'hidden_act', hidden_act, '"silu"');
  const { linear_num_key_heads: keyHeads, linear_num_value_heads: valueHeads, linear_conv_kernel_dim: kernel } = keys;
  if (valueHeads % keyHeads !== 0)
    throw unsupportedValue(
      file,
      'linear_num_value_heads',
      valueHeads,
      `a multiple of linear_num_key_heads (${keyHeads})`,
    );
  if (kernel < 2) throw unsupportedValue(file, 'linear_conv_kernel_dim', kernel, 'a number of 2 or more');
  const sizes = decoderSizes(file, keys);
  return {
    ...sizes,
    rope: readRope(file, keys, { ...sizes, theta: 10_000, partial: 0.25 }),
    linear: {
      hidden: sizes.hidden,
      epsilon: keys.rms_norm_eps,
      ...{ kernel, keyHeads, valueHeads },
      keySize: keys.linear_key_head_dim,
      valueSize: keys.linear_value_head_dim,
    },
    isLinear: (index: number) => (types ? types[index] === 'linear_attention' : (index + 1) % interval !== 0),
  };
}
