import * as declared from '../../../src-shared/metrics/f1.ts';
import { defineMetric, type OutcomeOf } from './metric.ts';

/** Harmonic mean of precision and recall; 0 if both are undefined (scikit-learn's zero_division=0). */
function f1({ truePositives, falsePositives, falseNegatives }: ClassCounts): number {
  const counted = 2 * truePositives + falsePositives + falseNegatives;
  return counted === 0 ? 0 : (2 * truePositives) / counted;
}

const sumOf = (counts: readonly ClassCounts[], read: (count: ClassCounts) => number): number =>
  counts.reduce((sum, count) => sum + read(count), 0);

const support = ({ truePositives, falseNegatives }: ClassCounts): number => truePositives + falseNegatives;

export const f1Binary = defineMetric(declared.f1Binary, (outcome) => {
  const [, positive, third] = countClasses(outcome);
  return positive === undefined || third !== undefined ? null : f1(positive);
});

export const f1Macro = defineMetric(declared.f1Macro, (outcome) => {
  const all = countClasses(outcome);
  const occurring = outcome.kind === 'classes' ? all.filter((one) => support(one) + one.falsePositives > 0) : all;
  return occurring.length === 0 ? null : sumOf(occurring, f1) / occurring.length;
});

export const f1Micro = defineMetric(declared.f1Micro, (outcome) => {
  const all = countClasses(outcome);
  return f1({
    truePositives: sumOf(all, (one) => one.truePositives),
    falsePositives: sumOf(all, (one) => one.falsePositives),
    falseNegatives: sumOf(all, (one) => one.falseNegatives),
  });
});

export const f1Weighted = defineMetric(declared.f1Weighted, (outcome) => {
  const all = countClasses(outcome);
  const total = sumOf(all, support);
  return total === 0 ? null : sumOf(all, (one) => support(one) * f1(one)) / total;
});

/** True positives, false positives and false negatives of one class or label. */
interface ClassCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

function countClasses(outcome: OutcomeOf<'classes' | 'label-sets'>): ClassCounts[] {
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
