import { z } from 'zod';
import type { Activation } from '../../ops/activation/activate.ts';
import { readActivation } from '../activations.ts';
import { layerNumber, parseConfig, positiveInteger, unsupportedValue } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';

/** config.json of a T5, with the names and defaults of transformers. */
const schema = z.object({
  vocab_size: positiveInteger.default(32_128),
  d_model: positiveInteger.default(512),
  d_kv: positiveInteger.default(64),
  d_ff: positiveInteger.default(2048),
  num_layers: layerNumber.default(6),
  num_decoder_layers: layerNumber.optional(),
  num_heads: positiveInteger.default(8),
  relative_attention_num_buckets: positiveInteger.default(32),
  relative_attention_max_distance: positiveInteger.default(128),
  layer_norm_epsilon: z.number().positive().default(1e-6),
  feed_forward_proj: z.string().default('relu'),
  dense_act_fn: z.string().optional(),
  is_gated_act: z.boolean().optional(),
  tie_word_embeddings: z.boolean().optional(),
  scale_decoder_outputs: z.boolean().optional(),
  is_encoder_decoder: z.boolean().default(true),
  is_decoder: z.boolean().default(false),
  architectures: z.array(z.string()).optional(),
});

/** Classes of transformers with both stacks and the language head; the last is the oldest name of the same class. */
const architectures: readonly string[] = ['T5ForConditionalGeneration', 'T5WithLMHeadModel'];

export interface T5Config {
  readonly architecture: string;
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly heads: number;
  readonly headSize: number;
  readonly vocabularySize: number;
  readonly epsilon: number;
  readonly buckets: number;
  /** Distances from this one on share the last bucket. */
  readonly maxDistance: number;
  readonly activation: Activation;
  readonly isGated: boolean;
  /** Factor of the decoder's states before the head. */
  readonly outputScale: number;
}

/** @throws StudioError that names the file and the key: invalid_file if missing or wrong, refused if not supported. */
export function parseT5Config(file: ModelConfigFile): T5Config {
  const keys = parseConfig(file, schema, 'a T5');
  const [architecture = 'T5ForConditionalGeneration'] = keys.architectures ?? [];
  if (!architectures.includes(architecture))
    throw unsupportedValue(file, 'architectures', architecture, '"T5ForConditionalGeneration"');
  if (!keys.is_encoder_decoder) throw unsupportedValue(file, 'is_encoder_decoder', false, 'true');
  if (keys.is_decoder) throw unsupportedValue(file, 'is_decoder', true, 'false');
  const buckets = keys.relative_attention_num_buckets;
  // The encoder's buckets serve two directions, and half of those of a direction are for single distances.
  if (buckets < 4 || buckets % 2 !== 0)
    throw unsupportedValue(file, 'relative_attention_num_buckets', buckets, 'an even number from 4 on');
  const maxDistance = keys.relative_attention_max_distance;
  if (maxDistance <= buckets / 2)
    throw unsupportedValue(file, 'relative_attention_max_distance', maxDistance, `a number above ${buckets / 2}`);
  const parts = keys.feed_forward_proj.split('-');
  const [kind, form = kind] = parts;
  if (parts.length > 2 || (parts.length === 2 && kind !== 'gated'))
    throw unsupportedValue(file, 'feed_forward_proj', keys.feed_forward_proj, '"relu" and "gated-gelu"');
  const named = keys.feed_forward_proj === 'gated-gelu' ? 'gelu_new' : (form ?? '');
  return {
    architecture,
    hiddenSize: keys.d_model,
    innerSize: keys.d_ff,
    encoderLayers: keys.num_layers,
    decoderLayers: keys.num_decoder_layers ?? keys.num_layers,
    heads: keys.num_heads,
    headSize: keys.d_kv,
    vocabularySize: keys.vocab_size,
    epsilon: keys.layer_norm_epsilon,
    buckets,
    maxDistance,
    activation: readActivation(
      file,
      keys.dense_act_fn === undefined ? 'feed_forward_proj' : 'dense_act_fn',
      keys.dense_act_fn ?? named,
    ),
    isGated: keys.is_gated_act ?? kind === 'gated',
    // Checkpoints of T5 1.1 are those without a tied head; transformers recognizes by it that they do not scale.
    outputScale: (keys.scale_decoder_outputs ?? keys.tie_word_embeddings !== false) ? keys.d_model ** -0.5 : 1,
  };
}
