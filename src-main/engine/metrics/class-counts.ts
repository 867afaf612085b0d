import type { OutcomeOf } from './metric.ts';

/** True positives, false positives and false negatives of one class or label. */
export interface ClassCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

export function countClasses(outcome: OutcomeOf<'classes' | 'label-sets'>): ClassCounts[] {
  return outcome.kind === 'classes' ? fromConfusion(outcome.confusion) : fromLabelSets(outcome);
}

function fromConfusion(confusion: readonly (readonly number[])[]): ClassCounts[] {
  return confusion.map((row, label) => {
    const truePositives = row[label] ?? 0;
    const predicted = confusion.reduce((sum, counts) => sum + (counts[label] ?? 0), 0);
    return {
      truePositives,
      falsePositives: predicted - truePositives,
      falseNegatives: row.reduce((sum, count) => sum + count, 0) - truePositives,
    };
  });
}

function fromLabelSets({ labels, predictions }: OutcomeOf<'label-sets'>): ClassCounts[] {
  return (labels[0] ?? []).map((_, label) => {
    const counts = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };
    for (const [example, actual] of labels.entries()) {
      const given = predictions[example]?.[label] === 1;
      if (actual[label] === 1) counts[given ? 'truePositives' : 'falseNegatives']++;
      else if (given) counts.falsePositives++;
    }
    return counts;
  });
}
