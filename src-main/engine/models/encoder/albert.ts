import { z } from 'zod';
import { layerNumber, parseConfig, positiveInteger } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { absoluteKeys, commonPlan, refuseOtherPositions } from './config.ts';
import { encoderFamily } from './family.ts';
import type { EncoderPlan } from './plan.ts';

const schema = z.object({
  ...absoluteKeys,
  embedding_size: positiveInteger.default(128),
  hidden_act: z.string().default('gelu_new'),
  num_hidden_groups: layerNumber.default(1),
  inner_group_num: layerNumber.default(1),
});

/** ALBERT (Lan et al. 2020). All layers of a group share their weights and therefore their adapters. */
export const albertFamily = encoderFamily(
  'albert',
  {
    id: 'albert',
    label: 'ALBERT',
    checkpoints: ['albert/albert-base-v2'],
    summary: 'Text encoder like BERT whose layers share one set of weights: an adapter serves all of them.',
    paper: {
      title: 'ALBERT: A Lite BERT for Self-supervised Learning of Language Representations',
      url: 'https://arxiv.org/abs/1909.11942',
    },
  },
  planOf,
);

function planOf(file: ModelConfigFile): EncoderPlan {
  const keys = parseConfig(file, schema, 'an ALBERT');
  refuseOtherPositions(file, keys);
  const { num_hidden_layers: depth, num_hidden_groups: groups, inner_group_num: inner } = keys;
  return {
    ...commonPlan(file, keys),
    architecture: keys.architectures?.[0] ?? 'AlbertForSequenceClassification',
    prefix: 'albert',
    epsilon: keys.layer_norm_eps,
    positions: { rows: keys.max_position_embeddings, padding: null },
    maxTokens: keys.max_position_embeddings,
    types: keys.type_vocab_size,
    projection: { size: keys.embedding_size, name: 'encoder.embedding_hidden_mapping_in' },
    layers: Array.from({ length: depth * inner }, (_, index) => {
      const group = Math.floor(Math.floor(index / inner) / (depth / groups));
      return `encoder.albert_layer_groups.${group}.albert_layers.${index % inner}`;
    }),
    names: {
      ...{ q: 'attention.query', k: 'attention.key', v: 'attention.value', o: 'attention.dense' },
      ...{ fc1: 'ffn', fc2: 'ffn_output' },
      ...{ attentionNorm: 'attention.LayerNorm', outputNorm: 'full_layer_layer_norm' },
    },
    head: [
      { name: 'albert.pooler', activation: 'tanh', isOfEncoder: true },
      { name: 'classifier', activation: null, isOfEncoder: false },
    ],
  };
}
