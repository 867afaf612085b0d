import { type ClassCounts, countClasses } from './class-counts.ts';
import { defineMetric } from './metric.ts';

/** Harmonic mean of precision and recall; 0 if both are undefined (scikit-learn's zero_division=0). */
function f1({ truePositives, falsePositives, falseNegatives }: ClassCounts): number {
  const counted = 2 * truePositives + falsePositives + falseNegatives;
  return counted === 0 ? 0 : (2 * truePositives) / counted;
}

const sumOf = (counts: readonly ClassCounts[], read: (count: ClassCounts) => number): number =>
  counts.reduce((sum, count) => sum + read(count), 0);

const support = ({ truePositives, falseNegatives }: ClassCounts): number => truePositives + falseNegatives;

export const f1Binary = defineMetric(
  {
    id: 'f1_binary',
    summary: 'sklearn.metrics.f1_score(average="binary"): the second of two classes is the positive one.',
    needs: ['classes'],
    classCount: 2,
  },
  (outcome) => {
    const [, positive, third] = countClasses(outcome);
    return positive === undefined || third !== undefined ? null : f1(positive);
  },
);

export const f1Macro = defineMetric(
  {
    id: 'f1_macro',
    summary:
      'sklearn.metrics.f1_score(average="macro"): the plain mean over classes that are true or predicted somewhere; over all labels where examples have several.',
    needs: ['classes', 'label-sets'],
  },
  (outcome) => {
    const all = countClasses(outcome);
    const occurring = outcome.kind === 'classes' ? all.filter((one) => support(one) + one.falsePositives > 0) : all;
    return occurring.length === 0 ? null : sumOf(occurring, f1) / occurring.length;
  },
);

export const f1Micro = defineMetric(
  {
    id: 'f1_micro',
    summary:
      'sklearn.metrics.f1_score(average="micro"): of the counts of all classes together; with one class an example it is the accuracy.',
    needs: ['classes', 'label-sets'],
  },
  (outcome) => {
    const all = countClasses(outcome);
    return f1({
      truePositives: sumOf(all, (one) => one.truePositives),
      falsePositives: sumOf(all, (one) => one.falsePositives),
      falseNegatives: sumOf(all, (one) => one.falseNegatives),
    });
  },
);

export const f1Weighted = defineMetric(
  {
    id: 'f1_weighted',
    summary: 'sklearn.metrics.f1_score(average="weighted"): the mean over classes by how often each is true.',
    needs: ['classes', 'label-sets'],
  },
  (outcome) => {
    const all = countClasses(outcome);
    const total = sumOf(all, support);
    return total === 0 ? null : sumOf(all, (one) => support(one) * f1(one)) / total;
  },
);
