import { answerExact } from './answer-f1.ts';
import { defineMetric } from './metric.ts';

export const exactMatch = defineMetric(
  {
    id: 'exact_match',
    summary:
      'The share of texts that are the expected one, but for white space at either end; of answers, SQuAD’s exact match.',
    needs: ['texts', 'answers'],
  },
  (outcome) => {
    if (outcome.kind === 'answers') return answerExact(outcome);
    const { labels, predictions } = outcome;
    const right = labels.filter((label, index) => label.trim() === predictions[index]?.trim());
    return labels.length === 0 ? null : right.length / labels.length;
  },
);
