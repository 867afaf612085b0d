import * as declared from '../../../src-shared/metrics/f1.ts';
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
