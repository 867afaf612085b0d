import { z } from 'zod';
import { parseConfig, unsupportedValue } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { commonPlan, encoderKeys } from './config.ts';
import { encoderFamily } from './family.ts';
import { type EncoderPlan, numberedLayers } from './plan.ts';

const schema = z.object({
  ...encoderKeys,
  layer_norm_eps: z.number().positive().default(1e-12),
  relative_attention_num_buckets: z.number().int().max(1024).default(32),
});
/** Transformers' class has these as constants, whatever config.json says. */
const [padding, buckets] = [1, 32];

/** MPNet (Song et al. 2020): `MPNetForSequenceClassification`, checkpoints of pre-training and sentence transformers. */
export const mpnetFamily = encoderFamily(
  'mpnet',
  {
    id: 'mpnet',
    label: 'MPNet',
    checkpoints: ['sentence-transformers/all-mpnet-base-v2'],
    summary: 'Text encoder like BERT that also scores distances; the base of all-mpnet-base-v2.',
    paper: {
      title: 'MPNet: Masked and Permuted Pre-training for Language Understanding',
      url: 'https://arxiv.org/abs/2004.09297',
    },
  },
  planOf,
);

function planOf(file: ModelConfigFile): EncoderPlan {
  const keys = parseConfig(file, schema, 'an MPNet');
  const { max_position_embeddings: rows, relative_attention_num_buckets: biasRows } = keys;
  if (rows < padding + 2) throw unsupportedValue(file, 'max_position_embeddings', rows, `more than ${padding + 1}`);
  if (biasRows < buckets)
    throw unsupportedValue(file, 'relative_attention_num_buckets', biasRows, `${buckets} or more`);
  return {
    ...commonPlan(file, keys),
    architecture: keys.architectures?.[0] ?? 'MPNetForSequenceClassification',
    prefix: 'mpnet',
    epsilon: keys.layer_norm_eps,
    positions: { rows, padding },
    maxTokens: rows - padding - 1,
    types: 0,
    bias: { name: 'encoder.relative_attention_bias', rows: biasRows, buckets, maxDistance: 128, isBidirectional: true },
    layers: numberedLayers('encoder.layer', keys.num_hidden_layers),
    names: {
      ...{ q: 'attention.attn.q', k: 'attention.attn.k', v: 'attention.attn.v', o: 'attention.attn.o' },
      ...{ fc1: 'intermediate.dense', fc2: 'output.dense' },
      ...{ attentionNorm: 'attention.LayerNorm', outputNorm: 'output.LayerNorm' },
    },
    head: [
      { name: 'classifier.dense', activation: 'tanh', isOfEncoder: false },
      { name: 'classifier.out_proj', activation: null, isOfEncoder: false },
    ],
  };
}
