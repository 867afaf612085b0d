import * as declared from '../../../src-shared/metrics/exact-match.ts';
import { answerExact } from './answer-f1.ts';
import { defineMetric } from './metric.ts';

export const exactMatch = defineMetric(declared.exactMatch, (outcome) => {
  if (outcome.kind === 'answers') return answerExact(outcome);
  if (outcome.kind === 'tokens')
    return outcome.exact === null || outcome.exact.of === 0 ? null : outcome.exact.completions / outcome.exact.of;
  const { labels, predictions } = outcome;
  const right = labels.filter((label, index) => label.trim() === predictions[index]?.trim());
  return labels.length === 0 ? null : right.length / labels.length;
});
