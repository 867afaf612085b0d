import { describeTokenHead } from './token-heads.ts';

describeTokenHead({
  does: 'on every token',
  task: 'TOKEN_CLS',
  model: 'ForTokenClassification',
  kind: 'token-classification',
  labels: ['a', 'b', 'c', 'd'],
});
