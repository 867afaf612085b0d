import { z } from 'zod';
import { parseConfig, unsupportedValue } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { bertLayerNames } from './bert-names.ts';
import { absoluteKeys, commonPlan, refuseOtherPositions } from './config.ts';
import { type EncoderPlan, numberedLayers } from './plan.ts';

const schema = z.object({ ...absoluteKeys, pad_token_id: z.number().int().nonnegative().default(1) });

/** BERT with positions counted from the padding id on, and a head of two linears without a pooler. */
export function robertaPlan(file: ModelConfigFile, label: string, architecture: string): EncoderPlan {
  const keys = parseConfig(file, schema, label);
  refuseOtherPositions(file, keys);
  const maxTokens = keys.max_position_embeddings - keys.pad_token_id - 1;
  if (maxTokens < 1)
    throw unsupportedValue(
      file,
      'max_position_embeddings',
      keys.max_position_embeddings,
      `more than pad_token_id + 1 (${keys.pad_token_id + 1})`,
    );
  return {
    ...commonPlan(file, keys),
    architecture: keys.architectures?.[0] ?? architecture,
    prefix: 'roberta',
    epsilon: keys.layer_norm_eps,
    positions: { rows: keys.max_position_embeddings, padding: keys.pad_token_id },
    maxTokens,
    types: keys.type_vocab_size,
    layers: numberedLayers('encoder.layer', keys.num_hidden_layers),
    names: bertLayerNames,
    head: [
      { name: 'classifier.dense', activation: 'tanh', isOfEncoder: false },
      { name: 'classifier.out_proj', activation: null, isOfEncoder: false },
    ],
  };
}
