import * as declared from '../../../src-shared/metrics/accuracy.ts';
import { bestCut } from './alike.ts';
import { answerExact } from './answer-f1.ts';
import { defineMetric } from './metric.ts';

export const accuracy = defineMetric(declared.accuracy, (outcome) => {
  if (outcome.kind === 'classes') {
    const total = outcome.confusion.flat().reduce((sum, count) => sum + count, 0);
    const right = outcome.confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
    return total === 0 ? null : right / total;
  }
  if (outcome.kind === 'tags') {
    const [actual, predicted] = [outcome.labels.flat(), outcome.predictions.flat()];
    const right = actual.filter((tag, at) => tag === predicted[at]).length;
    return actual.length === 0 ? null : right / actual.length;
  }
  if (outcome.kind === 'tokens') return outcome.right.of === 0 ? null : outcome.right.tokens / outcome.right.of;
  if (outcome.kind === 'answers') return answerExact(outcome);
  if (outcome.kind === 'alike') return bestCut(outcome)?.accuracy ?? null;
  if (outcome.kind === 'preferences' || outcome.kind === 'retrieval')
    return outcome.right.length === 0 ? null : outcome.right.filter(Boolean).length / outcome.right.length;
  const { labels, predictions } = outcome;
  const right = labels.filter((actual, example) =>
    actual.every((value, label) => value === predictions[example]?.[label]),
  );
  return labels.length === 0 ? null : right.length / labels.length;
});
