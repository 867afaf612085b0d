import { z } from 'zod';
import { layerNumber, positiveInteger, sizeOfHead, unsupportedValue } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import type { DecoderLayerLayout, DecoderLayout, EmbeddingLayout } from './layout.ts';
import type { NormLayout } from './part.ts';
import { ropeKeys } from './rope.ts';

/** Keys of config.json that nearly all decoders have, with the names and defaults of transformers. */
export const decoderKeys = {
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
};
type CommonKeys = z.infer<z.ZodObject<typeof decoderKeys>>;

export interface DecoderSizes {
  readonly hidden: number;
  readonly inner: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly maxPositions: number;
}

type SizeKeys = Pick<
  CommonKeys,
  | 'hidden_size'
  | 'intermediate_size'
  | 'num_attention_heads'
  | 'num_key_value_heads'
  | 'head_dim'
  | 'max_position_embeddings'
>;

/** @throws StudioError that names the file and the key: invalid_file if wrong, refused if not supported. */
export function decoderSizes(file: ModelConfigFile, keys: SizeKeys): DecoderSizes {
  const heads = keys.num_attention_heads;
  const headSize = keys.head_dim ?? sizeOfHead(file, keys.hidden_size, heads);
  const keyValueHeads = keys.num_key_value_heads ?? heads;
  if (heads % keyValueHeads !== 0)
    throw unsupportedValue(file, 'num_key_value_heads', keyValueHeads, `a divisor of num_attention_heads (${heads})`);
  if (headSize % 2 !== 0) throw unsupportedValue(file, 'head_dim', headSize, 'an even number');
  return {
    hidden: keys.hidden_size,
    inner: keys.intermediate_size,
    heads,
    keyValueHeads,
    headSize,
    maxPositions: keys.max_position_embeddings,
  };
}

/** @throws StudioError refused for a type of layer that the family does not have */
export function checkLayerTypes(
  file: ModelConfigFile,
  types: readonly string[] | undefined,
  known: readonly string[] = ['full_attention', 'sliding_attention'],
): void {
  const unknown = types?.find((type) => !known.includes(type));
  if (unknown === undefined) return;
  throw unsupportedValue(file, 'layer_types', unknown, known.map((type) => JSON.stringify(type)).join(' or '));
}

type LayoutKeys = Pick<
  CommonKeys,
  | 'architectures'
  | 'hidden_size'
  | 'vocab_size'
  | 'max_position_embeddings'
  | 'num_hidden_layers'
  | 'tie_word_embeddings'
>;

export type LayoutParts = Partial<Omit<DecoderLayout, 'layers' | keyof EndParts>> &
  Pick<DecoderLayout, 'architecture' | 'finalNorm'> &
  EndParts & {
    /** @param name e.g. model.layers.0 */
    readonly layer: (name: string, index: number) => Omit<DecoderLayerLayout, 'name'>;
    /** Name of the layers before their numbers. */
    readonly layersName?: string;
  };

/** Parts before and after the layers, as far as they differ from Llama's. */
export interface EndParts {
  readonly embedding?: Partial<EmbeddingLayout>;
  readonly head?: HeadOptions | null;
}

interface HeadOptions {
  readonly name?: string;
  readonly hasBias?: boolean;
  readonly scale?: number;
  readonly softcap?: number;
}

/** The layout of a decoder: Llama's names where the parts give no others. */
export function decoderLayout(
  keys: LayoutKeys,
  { architecture, layer, layersName = 'model.layers', embedding, head = {}, ...parts }: LayoutParts,
): DecoderLayout {
  const { hidden_size: hidden, vocab_size: vocabularySize } = keys;
  return {
    architecture: keys.architectures?.[0] ?? architecture,
    hiddenSize: hidden,
    vocabularySize,
    maxPositions: keys.max_position_embeddings,
    embedding: { name: 'model.embed_tokens', scale: 1, projection: null, positions: null, norm: null, ...embedding },
    ropes: [],
    layers: Array.from({ length: keys.num_hidden_layers }, (_, index) => {
      const name = `${layersName}.${index}`;
      return { name, ...layer(name, index) };
    }),
    head: head && {
      linear: {
        name: head.name ?? 'lm_head',
        inFeatures: parts.finalProjection?.outFeatures ?? hidden,
        outFeatures: vocabularySize,
        hasBias: head.hasBias ?? false,
      },
      scale: head.scale ?? 1,
      softcap: head.softcap ?? 0,
    },
    finalProjection: null,
    isTied: keys.tie_word_embeddings,
    checkpointNames: [],
    moduleNames: [],
    ignoresImages: false,
    ignorable: /\.rotary_emb\.inv_freq$/,
    ...parts,
  };
}

/** A layer with a norm before each of its two parts, which add to the residual one after the other. */
export function preNormLayer(
  norms: Pick<DecoderLayerLayout['norms'], 'beforeMixer' | 'beforeFeedForward'>,
  parts: Pick<DecoderLayerLayout, 'mixer' | 'feedForward'>,
): Omit<DecoderLayerLayout, 'name'> {
  return {
    norms: { afterMixer: null, afterFeedForward: null, ...norms },
    isParallel: false,
    residualScale: 1,
    ...parts,
  };
}

/** A layer whose two parts read the same state, through one norm or through a norm each. */
export function parallelLayer(
  norms: Pick<DecoderLayerLayout['norms'], 'beforeMixer'> & Partial<DecoderLayerLayout['norms']>,
  parts: Pick<DecoderLayerLayout, 'mixer' | 'feedForward'>,
): Omit<DecoderLayerLayout, 'name'> {
  return { ...preNormLayer({ beforeFeedForward: null, ...norms }, parts), isParallel: true };
}

/** A pre-norm layer whose norms are moved behind their parts: each normalizes the sum with the residual (OPT-350m). */
export function postNormLayer(
  { beforeMixer, beforeFeedForward }: Pick<DecoderLayerLayout['norms'], 'beforeMixer' | 'beforeFeedForward'>,
  parts: Pick<DecoderLayerLayout, 'mixer' | 'feedForward'>,
): Omit<DecoderLayerLayout, 'name'> {
  const layer = preNormLayer({ beforeMixer: null, beforeFeedForward: null }, parts);
  const norms = { ...layer.norms, afterMixer: beforeMixer, afterFeedForward: beforeFeedForward };
  return { ...layer, norms, hasPostNorms: true };
}

/** Keys of decoders in which each head of queries has its own keys and values. */
export const ungroupedKeys = z.object(decoderKeys).omit({ num_key_value_heads: true, head_dim: true });

export function rmsNormLayout(name: string, size: number, epsilon: number, offset: 0 | 1 = 0): NormLayout {
  return { name, kind: 'rms', size, epsilon, offset, hasScale: true, hasShift: false };
}

export function layerNormLayout(name: string, size: number, epsilon: number, hasShift = true): NormLayout {
  return { name, kind: 'layer', size, epsilon, offset: 0, hasScale: true, hasShift };
}

type WindowKeys = Pick<CommonKeys, 'use_sliding_window' | 'sliding_window' | 'layer_types' | 'max_window_layers'>;

/** Qwen's rule: layers from max_window_layers on have a sliding window if enabled; `layer_types` overrides it. */
export function switchedWindow(keys: WindowKeys, index: number): number {
  const window = keys.use_sliding_window && keys.sliding_window ? keys.sliding_window : 0;
  const type = keys.layer_types?.[index];
  if (type !== undefined) return type === 'sliding_attention' ? window : 0;
  return index >= (keys.max_window_layers ?? 28) ? window : 0;
}
