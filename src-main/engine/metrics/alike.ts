import * as declared from '../../../src-shared/metrics/average-precision.ts';
import { defineMetric, type OutcomeOf } from './metric.ts';

interface Cut {
  readonly accuracy: number;
  /** Pairs that are at least as similar are taken to be alike. */
  readonly threshold: number;
}

/** Pairs from the most similar one; those of equal similarity stay together. */
function groupsOf({ labels, predictions }: OutcomeOf<'alike'>): { cosine: number; right: number; count: number }[] {
  const order = [...predictions.keys()].sort((one, other) => (predictions[other] ?? 0) - (predictions[one] ?? 0));
  const groups: { cosine: number; right: number; count: number }[] = [];
  for (const pair of order) {
    const [cosine, right] = [predictions[pair] ?? 0, labels[pair] ? 1 : 0];
    const last = groups.at(-1);
    if (last?.cosine !== cosine) groups.push({ cosine, right, count: 1 });
    else {
      last.right += right;
      last.count++;
    }
  }
  return groups;
}

/** The threshold of the best accuracy, as sentence-transformers' BinaryClassificationEvaluator finds it; null without pairs. */
export function bestCut(outcome: OutcomeOf<'alike'>): Cut | null {
  const groups = groupsOf(outcome);
  const total = outcome.labels.length;
  if (total === 0) return null;
  const alike = outcome.labels.filter(Boolean).length;
  let best: Cut = { accuracy: (total - alike) / total, threshold: Number.POSITIVE_INFINITY };
  let [right, taken] = [0, 0];
  for (const [place, group] of groups.entries()) {
    right += group.right;
    taken += group.count;
    const accuracy = (right + (total - taken) - (alike - right)) / total;
    if (accuracy <= best.accuracy) continue;
    const next = groups[place + 1];
    best = { accuracy, threshold: next === undefined ? group.cosine : (group.cosine + next.cosine) / 2 };
  }
  return best;
}

export const averagePrecision = defineMetric(declared.averagePrecision, (outcome) => {
  const alike = outcome.labels.filter(Boolean).length;
  if (alike === 0) return null;
  let [right, taken, sum] = [0, 0, 0];
  for (const group of groupsOf(outcome)) {
    right += group.right;
    taken += group.count;
    sum += (group.right / alike) * (right / taken);
  }
  return sum;
});
