import type { z } from 'zod';
import { readActivation } from '../activations.ts';
import type { ModelConfigFile } from '../family.ts';
import { type DecoderSizes, type decoderKeys, decoderLayout, rmsNormLayout } from './config.ts';
import { gatedLayout } from './feed-forward/gated.ts';
import type { DecoderLayout } from './layout.ts';
import { queryKeyNorms } from './llama-layout.ts';
import { type AttentionOptions, attentionLayout } from './mixers/attention.ts';

type OlmoKeys = Omit<z.infer<z.ZodObject<typeof decoderKeys>>, 'rope_parameters'>;

/** The layout of OLMo 2 and 3: norms behind each part alone, and across all queries and all keys. */
export function olmoLayout(
  file: ModelConfigFile,
  keys: OlmoKeys,
  sizes: DecoderSizes,
  parts: Pick<DecoderLayout, 'architecture' | 'ropes'>,
  attention: (index: number) => AttentionOptions,
): DecoderLayout {
  const { hidden, heads, keyValueHeads, headSize } = sizes;
  const activation = readActivation(file, 'hidden_act', keys.hidden_act);
  const norm = (name: string) => rmsNormLayout(name, hidden, keys.rms_norm_eps);
  return decoderLayout(keys, {
    ...parts,
    finalNorm: norm('model.norm'),
    layer: (name, index) => ({
      norms: {
        beforeMixer: null,
        afterMixer: norm(`${name}.post_attention_layernorm`),
        beforeFeedForward: null,
        afterFeedForward: norm(`${name}.post_feedforward_layernorm`),
      },
      isParallel: false,
      residualScale: 1,
      mixer: attentionLayout(`${name}.self_attn`, sizes, {
        hasBias: keys.attention_bias,
        hasOutputBias: keys.attention_bias,
        ...queryKeyNorms(`${name}.self_attn`, [heads * headSize, keyValueHeads * headSize], keys.rms_norm_eps),
        ...attention(index),
      }),
      feedForward: gatedLayout(`${name}.mlp`, sizes, { activation }),
    }),
  });
}
