import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { layerNumber, orderedLabels, positiveInteger, sizeOfHead, unsupportedValue } from '../config-file.ts';
import { decoderKeys } from '../decoder/config.ts';
import { layeredRopeKeys } from '../decoder/rope.ts';
import type { ModelConfigFile } from '../family.ts';
import type { EncoderPlan } from './plan.ts';

/** Common part of config.json of BERT, RoBERTa and DeBERTa, with the defaults of transformers. */
export const encoderKeys = {
  hidden_size: positiveInteger,
  intermediate_size: positiveInteger,
  num_hidden_layers: layerNumber,
  num_attention_heads: positiveInteger,
  vocab_size: positiveInteger,
  max_position_embeddings: positiveInteger.default(512),
  hidden_act: z.string().default('gelu'),
  architectures: z.array(z.string()).optional(),
  id2label: z.record(z.string(), z.string()).optional(),
  is_decoder: z.boolean().default(false),
  add_cross_attention: z.boolean().default(false),
};

/** Number of token types. */
export const typeRows = z.number().int().nonnegative().max(1024);

/** config.json of BERT and RoBERTa, with position and token type embeddings. */
export const absoluteKeys = {
  ...encoderKeys,
  layer_norm_eps: z.number().positive().default(1e-12),
  type_vocab_size: typeRows.default(2),
  position_embedding_type: z.string().default('absolute'),
};

/** Common part of config.json of encoders with the layers of decoders. */
export const rotaryKeys = {
  ...decoderKeys,
  ...layeredRopeKeys,
  id2label: z.record(z.string(), z.string()).optional(),
};

/** In the order of their ids; null if the config has none. */
export function labelsOf(
  file: ModelConfigFile,
  { id2label }: { readonly id2label?: Readonly<Record<string, string>> | undefined },
): string[] | null {
  return id2label === undefined ? null : orderedLabels(file, id2label);
}

type EncoderKeys = z.infer<z.ZodObject<typeof encoderKeys>>;
type CommonPlan = Pick<
  EncoderPlan,
  | 'hiddenSize'
  | 'innerSize'
  | 'heads'
  | 'vocabularySize'
  | 'activation'
  | 'labels'
  | 'projection'
  | 'clearsPadding'
  | 'relative'
  | 'pooling'
>;

/** Parts that encoders share, as BERT has them. @throws StudioError that names the file and the key of a value. */
export function commonPlan(file: ModelConfigFile, keys: EncoderKeys): CommonPlan {
  for (const key of ['is_decoder', 'add_cross_attention'] as const)
    if (keys[key]) throw unsupportedValue(file, key, true, 'false');
  sizeOfHead(file, keys.hidden_size, keys.num_attention_heads);
  return {
    hiddenSize: keys.hidden_size,
    innerSize: keys.intermediate_size,
    heads: keys.num_attention_heads,
    vocabularySize: keys.vocab_size,
    activation: readActivation(file, 'hidden_act', keys.hidden_act),
    labels: labelsOf(file, keys),
    projection: null,
    clearsPadding: false,
    relative: null,
    pooling: 'first',
  };
}

/** @throws StudioError refused if positions are not added to the embedding. */
export function refuseOtherPositions(file: ModelConfigFile, keys: { readonly position_embedding_type: string }): void {
  if (keys.position_embedding_type !== 'absolute')
    throw unsupportedValue(file, 'position_embedding_type', keys.position_embedding_type, '"absolute"');
}
