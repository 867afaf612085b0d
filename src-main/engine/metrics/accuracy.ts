import { bestCut } from './alike.ts';
import { answerExact } from './answer-f1.ts';
import { defineMetric } from './metric.ts';

export const accuracy = defineMetric(
  {
    id: 'accuracy',
    summary:
      'sklearn.metrics.accuracy_score: the share of examples that are right; with several labels an example, all of them. Of tags, the share of words (seqeval.metrics.accuracy_score). Of preferences, TRL’s rewards/accuracies; of answers, the exact matches; of pairs that are alike or not, at the best threshold; of texts looked up, the share of examples whose nearest text is right.',
    needs: ['classes', 'label-sets', 'tags', 'preferences', 'answers', 'alike', 'retrieval'],
  },
  (outcome) => {
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
    if (outcome.kind === 'answers') return answerExact(outcome);
    if (outcome.kind === 'alike') return bestCut(outcome)?.accuracy ?? null;
    if (outcome.kind === 'preferences' || outcome.kind === 'retrieval')
      return outcome.right.length === 0 ? null : outcome.right.filter(Boolean).length / outcome.right.length;
    const { labels, predictions } = outcome;
    const right = labels.filter((actual, example) =>
      actual.every((value, label) => value === predictions[example]?.[label]),
    );
    return labels.length === 0 ? null : right.length / labels.length;
  },
);
