import { optimizationSettings } from '../../domain/runs/run-optimization.ts';
import { formatCount, formatNumber, formatPercent } from '../../format/numbers.ts';
import { lossCurve } from '../../metrics/curves.ts';
import { mean } from '../../statistics/student.ts';
import { type Finding, hasEnded } from '../finding.ts';
import { higherRate } from '../remedies.ts';
import { differenceError, part, valuesOf } from '../series.ts';

const minValues = 20;
/** A loss that fell by less than this share has not been trained. */
const fallShare = 0.02;
/**
 * AdamW moves no weight by much more than the sum of the learning rates. B begins at 0, and trained factors have entries of some
 * hundredths: below this sum, the adapter cannot have left its beginning.
 */
const maxPath = 0.01;
/** Below this sum, even a fall that the noise of the batches may be is none of the adapter's. */
const tinyPath = 0.001;
/** Standard errors up to which a fall may be noise. */
const maxErrors = 2;
/** Below this loss, the base already solves the task. */
const solved = 0.05;

/** The default optimizer, whose moves the sum bounds. */
const adamw = optimizationSettings.optim.parse(undefined);

export const learningRateLow: Finding = {
  id: 'learning-rate-low',
  label: 'Learning rate too low',
  severity: 'problem',
  curves: [lossCurve.metric, 'learning_rate'],
  find(evidence) {
    const { run, curves } = evidence;
    const losses = valuesOf(curves, lossCurve.metric);
    const rates = curves.get('learning_rate');
    if (!hasEnded(evidence) || rates === undefined || losses.length < minValues || run.config.optim !== adamw)
      return null;
    const [early, late] = [part(losses, 0, 0.25), part(losses, 0.75, 1)];
    const [first, last] = [mean(early), mean(late)];
    const path =
      run.config.logging_steps * rates.mean.reduce((sum, rate, at) => sum + rate * (rates.counts[at] ?? 0), 0);
    const isFlat = first - last < fallShare * first;
    const isNoise = path < tinyPath && first - last < maxErrors * differenceError(early, late);
    if (!(path > 0 && path < maxPath && first > solved && (isFlat || isNoise))) return null;
    const steps = formatCount((curves.get(lossCurve.metric)?.ends.at(-1) ?? 0) + 1);
    return {
      evidence: `In ${steps} steps the training loss went from ${formatNumber(first)} to ${formatNumber(last)} (${formatPercent((last - first) / first)} %); the learning rates of all steps add up to only ${formatNumber(path)}.`,
      ...higherRate(run.config, 10 ** Math.ceil(Math.log10((2 * maxPath) / path))),
    };
  },
};
