import type { LayerNames } from './plan.ts';

/** Names as in BERT and RoBERTa. */
export const bertLayerNames: LayerNames = {
  q: 'attention.self.query',
  k: 'attention.self.key',
  v: 'attention.self.value',
  o: 'attention.output.dense',
  fc1: 'intermediate.dense',
  fc2: 'output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  outputNorm: 'output.LayerNorm',
};
