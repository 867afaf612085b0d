import { z } from 'zod';
import { parseConfig, positiveInteger } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { bertLayerNames } from './bert-names.ts';
import { absoluteKeys, commonPlan, refuseOtherPositions } from './config.ts';
import { encoderFamily } from './family.ts';
import { type EncoderPlan, numberedLayers } from './plan.ts';

const schema = z.object({ ...absoluteKeys, embedding_size: positiveInteger.default(128) });

/** ELECTRA (Clark et al. 2020): `ElectraForSequenceClassification`, discriminators and generators of pre-training. */
export const electraFamily = encoderFamily(
  'electra',
  {
    id: 'electra',
    label: 'ELECTRA',
    checkpoints: ['google/electra-small-discriminator'],
    summary: 'Text encoder like BERT, pre-trained to find replaced tokens; small ones have narrow embeddings.',
    paper: {
      title: 'ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators',
      url: 'https://arxiv.org/abs/2003.10555',
    },
  },
  planOf,
);

function planOf(file: ModelConfigFile): EncoderPlan {
  const keys = parseConfig(file, schema, 'an ELECTRA');
  refuseOtherPositions(file, keys);
  const size = keys.embedding_size;
  return {
    ...commonPlan(file, keys),
    architecture: keys.architectures?.[0] ?? 'ElectraForSequenceClassification',
    prefix: 'electra',
    epsilon: keys.layer_norm_eps,
    positions: { rows: keys.max_position_embeddings, padding: null },
    maxTokens: keys.max_position_embeddings,
    types: keys.type_vocab_size,
    projection: size === keys.hidden_size ? null : { size, name: 'embeddings_project' },
    layers: numberedLayers('encoder.layer', keys.num_hidden_layers),
    names: bertLayerNames,
    head: [
      { name: 'classifier.dense', activation: 'gelu', isOfEncoder: false },
      { name: 'classifier.out_proj', activation: null, isOfEncoder: false },
    ],
  };
}
