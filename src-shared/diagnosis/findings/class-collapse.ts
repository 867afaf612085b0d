import { formatCount, formatPercent } from '../../format/numbers.ts';
import { f1Macro } from '../../metrics/f1.ts';
import { matthews } from '../../metrics/matthews.ts';
import type { Finding, RunEvidence } from '../finding.ts';
import { longer, lowerRate, usualRate } from '../remedies.ts';

const minExamples = 50;
const rounding = 1e-6;
/** From this share of the training examples on, the largest class is the likely cause. */
const largeShare = 0.8;

export const classCollapse: Finding = {
  id: 'class-collapse',
  label: 'Every example gets the same class',
  severity: 'problem',
  curves: [],
  impliedBy: ['diverged', 'learning-rate-low'],
  find(evidence) {
    const { result, facts } = evidence.run;
    const examples = facts?.evalExamples ?? 0;
    if (result === null || examples < minExamples || !isOneClass(evidence)) return null;
    return {
      evidence: `All ${formatCount(examples)} evaluated examples got one class: accuracy ${formatPercent(result.accuracy)} %, Matthews correlation 0.`,
      ...remedyOf(evidence),
    };
  },
};

/**
 * A prediction of one class alone with accuracy p has Matthews correlation 0 and F1 2p / (1 + p) in that class and 0 in the
 * others, so their mean over the classes is 2p / (1 + p) divided by a whole number.
 */
function isOneClass({ run: { result }, dataset }: RunEvidence): boolean {
  const { accuracy = null, metrics = {} } = result ?? {};
  const [macro, correlation] = [metrics[f1Macro.id], metrics[matthews.id]];
  if (accuracy === null || accuracy === 0 || macro === undefined || correlation === undefined) return false;
  const classes = (2 * accuracy) / (1 + accuracy) / macro;
  const isWhole = Math.abs(classes - Math.round(classes)) < rounding * classes;
  const most = dataset?.labels.length ?? Number.POSITIVE_INFINITY;
  return Math.abs(correlation) < rounding && isWhole && Math.round(classes) >= 2 && Math.round(classes) <= most;
}

/** Other than by the data, a collapse comes of a rate above the usual one, or of too few steps. */
function remedyOf({ run: { config }, dataset }: RunEvidence): ReturnType<typeof lowerRate> {
  const counts = dataset?.splits.find(({ name }) => name === 'train')?.perLabel ?? [];
  const sum = counts.reduce((total, count) => total + count, 0);
  const [largest, smallest] = [Math.max(0, ...counts), Math.min(...counts)];
  const isLarge = sum > 0 && largest >= largeShare * sum;
  if (config.train_samples_per_class > 0 || !isLarge || smallest === 0)
    return config.learning_rate > usualRate ? lowerRate(config, 10) : longer(config);
  return {
    advice: `One class has ${formatPercent(largest / sum)} % of the training examples: train on ${formatCount(smallest)} of each class, as many as the smallest has.`,
    changes: { train_samples_per_class: smallest },
  };
}
