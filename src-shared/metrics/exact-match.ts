import type { MetricDeclaration } from './metric.ts';

export const exactMatch = {
  id: 'exact_match',
  label: 'Exact match',
  summary:
    'The share of texts that are the expected one, but for white space at either end; of answers, SQuAD’s exact match; of language models, the share of completions all of whose tokens are right.',
  quantity: 'share',
  better: 'higher',
  definedFor: ['texts', 'answers', 'tokens'],
  isCurve: true,
} as const satisfies MetricDeclaration;
