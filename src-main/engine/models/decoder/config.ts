import { z } from 'zod';
import { layerNumber, parseConfig, positiveInteger, sizeOfHead, unsupportedValue } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { type Rope, readRope, ropeKeys } from './rope.ts';

/** config.json of families with the architecture of Llama, with the names and defaults of transformers. */
const schema = z.object({
  hidden_size: positiveInteger,
  intermediate_size: positiveInteger,
  num_hidden_layers: layerNumber,
  num_attention_heads: positiveInteger,
  num_key_value_heads: positiveInteger.optional(),
  head_dim: positiveInteger.optional(),
  vocab_size: positiveInteger,
  max_position_embeddings: positiveInteger,
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.string().default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  sliding_window: z.union([z.literal(false), z.number().int()]).optional(),
  use_sliding_window: z.boolean().default(false),
  max_window_layers: z.number().int().optional(),
  layer_types: z.array(z.string()).optional(),
  architectures: z.array(z.string()).optional(),
  ...ropeKeys,
});
export type DecoderKeys = z.infer<typeof schema>;

/** Differences between families with the architecture of Llama. */
export interface DecoderTraits {
  /** e.g. "a Llama", for messages. */
  readonly label: string;
  readonly architecture: string;
  readonly theta: number;
  readonly hasQueryKeyValueBias: (keys: DecoderKeys) => boolean;
  readonly hasOutputBias: (keys: DecoderKeys) => boolean;
  readonly hasMlpBias: (keys: DecoderKeys) => boolean;
  /** True if queries and keys are normalized by head before the rotation. */
  readonly hasHeadNorms: boolean;
  /** Sliding window of layer `index` in tokens; 0: no limit. */
  readonly window: (keys: DecoderKeys, index: number) => number;
}

export interface DecoderConfig {
  readonly architecture: string;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  readonly epsilon: number;
  readonly isTied: boolean;
  readonly rope: Rope;
  readonly hasQueryKeyValueBias: boolean;
  readonly hasOutputBias: boolean;
  readonly hasMlpBias: boolean;
  readonly hasHeadNorms: boolean;
  /** By layer. */
  readonly windows: readonly number[];
}

/** @throws StudioError that names the file and the key: invalid_file if missing or wrong, refused if not supported. */
export function parseDecoderConfig(file: ModelConfigFile, traits: DecoderTraits): DecoderConfig {
  const keys = parseConfig(file, schema, traits.label);
  if (keys.hidden_act !== 'silu') throw unsupportedValue(file, 'hidden_act', keys.hidden_act, '"silu"');
  const heads = keys.num_attention_heads;
  const headSize = keys.head_dim ?? sizeOfHead(file, keys.hidden_size, heads);
  const keyValueHeads = keys.num_key_value_heads ?? heads;
  if (heads % keyValueHeads !== 0)
    throw unsupportedValue(file, 'num_key_value_heads', keyValueHeads, `a divisor of num_attention_heads (${heads})`);
  if (headSize % 2 !== 0) throw unsupportedValue(file, 'head_dim', headSize, 'an even number');
  const unknownLayer = keys.layer_types?.find((type) => !['full_attention', 'sliding_attention'].includes(type));
  if (unknownLayer !== undefined)
    throw unsupportedValue(file, 'layer_types', unknownLayer, '"full_attention" or "sliding_attention"');
  const layerCount = keys.num_hidden_layers;
  return {
    architecture: keys.architectures?.[0] ?? traits.architecture,
    hiddenSize: keys.hidden_size,
    intermediateSize: keys.intermediate_size,
    layerCount,
    heads,
    keyValueHeads,
    headSize,
    vocabularySize: keys.vocab_size,
    maxPositions: keys.max_position_embeddings,
    epsilon: keys.rms_norm_eps,
    isTied: keys.tie_word_embeddings,
    rope: readRope(file, keys, { headSize, maxPositions: keys.max_position_embeddings, theta: traits.theta }),
    hasQueryKeyValueBias: traits.hasQueryKeyValueBias(keys),
    hasOutputBias: traits.hasOutputBias(keys),
    hasMlpBias: traits.hasMlpBias(keys),
    hasHeadNorms: traits.hasHeadNorms,
    windows: Array.from({ length: layerCount }, (_, index) => traits.window(keys, index)),
  };
}

/** Qwen's rule: layers from max_window_layers on have a sliding window if enabled; `layer_types` overrides it. */
export function switchedWindow(keys: DecoderKeys, index: number): number {
  const window = keys.use_sliding_window && keys.sliding_window ? keys.sliding_window : 0;
  const type = keys.layer_types?.[index];
  if (type !== undefined) return type === 'sliding_attention' ? window : 0;
  return index >= (keys.max_window_layers ?? 28) ? window : 0;
}
