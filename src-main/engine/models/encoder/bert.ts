import { z } from 'zod';
import { parseConfig } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { bertLayerNames } from './bert-names.ts';
import { absoluteKeys, commonPlan, refuseOtherPositions } from './config.ts';
import { encoderFamily } from './family.ts';
import { type EncoderPlan, numberedLayers } from './plan.ts';

const schema = z.object(absoluteKeys);

/** BERT (Devlin et al. 2019): `BertForSequenceClassification`, the bare `BertModel` and checkpoints of pre-training. */
export const bertFamily = encoderFamily(
  'bert',
  {
    id: 'bert',
    label: 'BERT',
    checkpoints: ['google-bert/bert-base-uncased', 'sentence-transformers/all-MiniLM-L6-v2'],
    summary:
      'Text encoder for classification and embeddings; also MiniLM and other sentence transformers of its shape.',
    paper: {
      title: 'BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding',
      url: 'https://arxiv.org/abs/1810.04805',
    },
  },
  planOf,
);

function planOf(file: ModelConfigFile): EncoderPlan {
  const keys = parseConfig(file, schema, 'a BERT');
  refuseOtherPositions(file, keys);
  return {
    ...commonPlan(file, keys),
    architecture: keys.architectures?.[0] ?? 'BertForSequenceClassification',
    prefix: 'bert',
    epsilon: keys.layer_norm_eps,
    positions: { rows: keys.max_position_embeddings, padding: null },
    maxTokens: keys.max_position_embeddings,
    types: keys.type_vocab_size,
    layers: numberedLayers('encoder.layer', keys.num_hidden_layers),
    names: bertLayerNames,
    head: [
      { name: 'bert.pooler.dense', activation: 'tanh', isOfEncoder: true },
      { name: 'classifier', activation: null, isOfEncoder: false },
    ],
  };
}
