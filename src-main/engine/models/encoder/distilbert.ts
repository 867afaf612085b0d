import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { layerNumber, orderedLabels, parseConfig, positiveInteger, sizeOfHead } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { encoderFamily } from './family.ts';
import { type EncoderPlan, numberedLayers } from './plan.ts';

const schema = z.object({
  dim: positiveInteger,
  hidden_dim: positiveInteger,
  n_layers: layerNumber,
  n_heads: positiveInteger,
  vocab_size: positiveInteger,
  max_position_embeddings: positiveInteger.default(512),
  activation: z.string().default('gelu'),
  architectures: z.array(z.string()).optional(),
  id2label: z.record(z.string(), z.string()).optional(),
});

/** DistilBERT (Sanh et al. 2019), with the checkpoints of `DistilBertForSequenceClassification` and of pre-training. */
export const distilbertFamily = encoderFamily(
  'distilbert',
  {
    id: 'distilbert',
    label: 'DistilBERT',
    checkpoints: ['distilbert/distilbert-base-uncased'],
    summary: 'BERT at half the layers, taught by BERT itself.',
    paper: { title: 'DistilBERT, a distilled version of BERT', url: 'https://arxiv.org/abs/1910.01108' },
  },
  planOf,
);

function planOf(file: ModelConfigFile): EncoderPlan {
  const keys = parseConfig(file, schema, 'a DistilBERT');
  sizeOfHead(file, keys.dim, keys.n_heads, ['dim', 'n_heads']);
  return {
    architecture: keys.architectures?.[0] ?? 'DistilBertForSequenceClassification',
    prefix: 'distilbert',
    hiddenSize: keys.dim,
    innerSize: keys.hidden_dim,
    heads: keys.n_heads,
    vocabularySize: keys.vocab_size,
    epsilon: 1e-12,
    activation: readActivation(file, 'activation', keys.activation),
    positions: { rows: keys.max_position_embeddings, padding: null },
    maxTokens: keys.max_position_embeddings,
    types: 0,
    projection: null,
    clearsPadding: false,
    relative: null,
    layers: numberedLayers('transformer.layer', keys.n_layers),
    names: {
      q: 'attention.q_lin',
      k: 'attention.k_lin',
      v: 'attention.v_lin',
      o: 'attention.out_lin',
      fc1: 'ffn.lin1',
      fc2: 'ffn.lin2',
      attentionNorm: 'sa_layer_norm',
      outputNorm: 'output_layer_norm',
    },
    pooling: 'first',
    head: [
      { name: 'pre_classifier', activation: 'relu', isOfEncoder: false },
      { name: 'classifier', activation: null, isOfEncoder: false },
    ],
    labels: keys.id2label === undefined ? null : orderedLabels(file, keys.id2label),
  };
}
