import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { layerNumber, orderedLabels, positiveInteger, sizeOfHead, unsupportedValue } from '../config-file.ts';
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

/** config.json of BERT and RoBERTa, with position and token type embeddings. */
export const absoluteKeys = {
  ...encoderKeys,
  layer_norm_eps: z.number().positive().default(1e-12),
  type_vocab_size: z.number().int().nonnegative().max(1024).default(2),
  position_embedding_type: z.string().default('absolute'),
};

type EncoderKeys = z.infer<z.ZodObject<typeof encoderKeys>>;
type CommonPlan = Pick<
  EncoderPlan,
  'hiddenSize' | 'innerSize' | 'layerCount' | 'heads' | 'vocabularySize' | 'activation' | 'labels'
>;

/** @throws StudioError that names the file and the key where a value is not supported. */
export function commonPlan(file: ModelConfigFile, keys: EncoderKeys): CommonPlan {
  for (const key of ['is_decoder', 'add_cross_attention'] as const)
    if (keys[key]) throw unsupportedValue(file, key, true, 'false');
  sizeOfHead(file, keys.hidden_size, keys.num_attention_heads);
  return {
    hiddenSize: keys.hidden_size,
    innerSize: keys.intermediate_size,
    layerCount: keys.num_hidden_layers,
    heads: keys.num_attention_heads,
    vocabularySize: keys.vocab_size,
    activation: readActivation(file, 'hidden_act', keys.hidden_act),
    labels: keys.id2label === undefined ? null : orderedLabels(file, keys.id2label),
  };
}

/** @throws StudioError refused if positions are not added to the embedding. */
export function refuseOtherPositions(file: ModelConfigFile, keys: { readonly position_embedding_type: string }): void {
  if (keys.position_embedding_type !== 'absolute')
    throw unsupportedValue(file, 'position_embedding_type', keys.position_embedding_type, '"absolute"');
}
