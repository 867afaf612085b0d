import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { positiveInteger, unsupportedValue } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import {
  checkLayerTypes,
  type DecoderSizes,
  decoderKeys,
  decoderLayout,
  type LayoutParts,
  rmsNormLayout,
} from './config.ts';
import { gatedLayout } from './feed-forward/gated.ts';
import type { DecoderLayerLayout, DecoderLayout } from './layout.ts';
import { type AttentionOptions, attentionLayout } from './mixers/attention.ts';

/** Keys that all Gemmas have. */
export const gemmaKeys = {
  ...decoderKeys,
  head_dim: decoderKeys.head_dim.default(256),
  hidden_act: z.string().default('gelu_pytorch_tanh'),
  tie_word_embeddings: z.boolean().default(true),
  use_bidirectional_attention: z.boolean().default(false),
};

/** Keys of Gemma 2 and 3. */
export const gemma2Keys = {
  ...gemmaKeys,
  hidden_activation: z.string().default('gelu_pytorch_tanh'),
  query_pre_attn_scalar: z.number().positive().default(256),
  sliding_window: z.number().int().nonnegative().default(4096),
};

/** Sizes of a Gemma 3 whose config has none, as in transformers: those of the 4B model rely on them. */
export const gemma3Sizes = {
  vocab_size: gemma2Keys.vocab_size.default(262_208),
  hidden_size: gemma2Keys.hidden_size.default(2304),
  intermediate_size: gemma2Keys.intermediate_size.default(9216),
  num_hidden_layers: gemma2Keys.num_hidden_layers.default(26),
  num_attention_heads: gemma2Keys.num_attention_heads.default(8),
  num_key_value_heads: positiveInteger.default(4),
  max_position_embeddings: gemma2Keys.max_position_embeddings.default(131_072),
};

type GemmaKeys = Omit<z.infer<z.ZodObject<typeof gemmaKeys>>, 'rope_parameters'>;

interface GemmaParts extends Pick<LayoutParts, 'architecture' | 'ropes' | 'head' | 'checkpointNames' | 'layersName'> {
  readonly activation: string;
  /** True with norms on the outputs of both parts too (Gemma 2 and 3). */
  readonly hasNormsBehind: boolean;
  readonly attention?: (index: number, name: string) => AttentionOptions;
}

/** The layout of Gemma: scaled embeddings, gates with GELU, and norms whose scale is stored less 1. */
export function gemmaLayout(
  file: ModelConfigFile,
  keys: GemmaKeys,
  sizes: DecoderSizes,
  { activation, hasNormsBehind, attention, ...parts }: GemmaParts,
): DecoderLayout {
  const norm = (name: string) => rmsNormLayout(name, sizes.hidden, keys.rms_norm_eps, 1);
  const form = readActivation(file, 'hidden_activation', activation);
  const normsOf = (name: string): DecoderLayerLayout['norms'] => ({
    beforeMixer: norm(`${name}.input_layernorm`),
    afterMixer: hasNormsBehind ? norm(`${name}.post_attention_layernorm`) : null,
    beforeFeedForward: norm(`${name}.${hasNormsBehind ? 'pre_feedforward_layernorm' : 'post_attention_layernorm'}`),
    afterFeedForward: hasNormsBehind ? norm(`${name}.post_feedforward_layernorm`) : null,
  });
  return decoderLayout(keys, {
    ...parts,
    embedding: { scale: Math.fround(Math.sqrt(sizes.hidden)), isScaledTable: true },
    finalNorm: norm('model.norm'),
    layer: (name, index) => ({
      norms: normsOf(name),
      isParallel: false,
      residualScale: 1,
      mixer: attentionLayout(`${name}.self_attn`, sizes, {
        hasBias: keys.attention_bias,
        hasOutputBias: keys.attention_bias,
        ...attention?.(index, `${name}.self_attn`),
      }),
      feedForward: gatedLayout(`${name}.mlp`, sizes, { activation: form }),
    }),
  });
}

/** @throws StudioError refused for a language model whose tokens attend to later ones */
export function refuseBidirectional(file: ModelConfigFile, keys: Pick<GemmaKeys, 'use_bidirectional_attention'>): void {
  if (keys.use_bidirectional_attention) throw unsupportedValue(file, 'use_bidirectional_attention', true, 'false');
}

/**
 * Returns a test for the layers with a sliding window.
 * @param every the layers between those with full attention, where `layer_types` says nothing
 */
export function slidingLayers(
  file: ModelConfigFile,
  { layer_types }: Pick<GemmaKeys, 'layer_types'>,
  every: number,
): (index: number) => boolean {
  checkLayerTypes(file, layer_types);
  return (index) => {
    const type = layer_types?.[index];
    return type === undefined ? (index + 1) % every !== 0 : type === 'sliding_attention';
  };
}
