import type { z } from 'zod';
import { readActivation } from '../activations.ts';
import type { ModelConfigFile } from '../family.ts';
import {
  checkLayerTypes,
  type decoderKeys,
  decoderLayout,
  decoderSizes,
  type EndParts,
  type LayoutParts,
  preNormLayer,
  rmsNormLayout,
} from './config.ts';
import { gatedLayout } from './feed-forward/gated.ts';
import type { DecoderLayout } from './layout.ts';
import { type AttentionOptions, attentionLayout } from './mixers/attention.ts';
import type { FeedForwardLayout } from './parts.ts';
import { readRope } from './rope.ts';

/** Differences of a family from the architecture of Llama (Touvron et al. 2023). */
interface LlamaTraits extends EndParts, Pick<LayoutParts, 'architecture' | 'ropes'> {
  readonly theta?: number;
  /** Attention of layer `index`, whose module has this name. */
  readonly attention?: (index: number, name: string) => AttentionOptions;
  readonly hasMlpBias?: boolean;
  /** Feed-forward part of layer `index`, whose module has this name. Default: a gated one. */
  readonly feedForward?: (index: number, name: string) => FeedForwardLayout | undefined;
  readonly residualScale?: number;
}

/** The layout of a model with the architecture of Llama but for its traits. */
export function llamaLayout(
  file: ModelConfigFile,
  keys: z.infer<z.ZodObject<typeof decoderKeys>>,
  { theta = 10_000, attention, feedForward, hasMlpBias = false, residualScale = 1, ropes, ...parts }: LlamaTraits,
): DecoderLayout {
  const sizes = decoderSizes(file, keys);
  checkLayerTypes(file, keys.layer_types);
  const activation = readActivation(file, 'hidden_act', keys.hidden_act);
  const norm = (name: string) => rmsNormLayout(name, sizes.hidden, keys.rms_norm_eps);
  return decoderLayout(keys, {
    ...parts,
    ropes: ropes ?? [readRope(file, keys, { ...sizes, theta })],
    finalNorm: norm('model.norm'),
    layer: (name, index) => ({
      ...preNormLayer(
        {
          beforeMixer: norm(`${name}.input_layernorm`),
          beforeFeedForward: norm(`${name}.post_attention_layernorm`),
        },
        {
          mixer: attentionLayout(`${name}.self_attn`, sizes, attention?.(index, `${name}.self_attn`)),
          feedForward:
            feedForward?.(index, `${name}.mlp`) ??
            gatedLayout(`${name}.mlp`, sizes, { activation, hasBias: hasMlpBias }),
        },
      ),
      residualScale,
    }),
  });
}

/** Norms of queries and keys, of `size` values each: a head's, or all. */
export function queryKeyNorms(
  name: string,
  [queries, keys]: readonly [queries: number, keys: number],
  epsilon: number,
  offset: 0 | 1 = 0,
): Required<Pick<AttentionOptions, 'queryNorm' | 'keyNorm'>> {
  return {
    queryNorm: rmsNormLayout(`${name}.q_norm`, queries, epsilon, offset),
    keyNorm: rmsNormLayout(`${name}.k_norm`, keys, epsilon, offset),
  };
}
