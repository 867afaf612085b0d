import { formatNumber } from '../../format/numbers.ts';
import { lossCurve } from '../../metrics/curves.ts';
import { mean } from '../../statistics/student.ts';
import type { Finding } from '../finding.ts';
import { lowerRate } from '../remedies.ts';
import { beginning, part, valuesOf, windowMedians } from '../series.ts';
import { divergedRatio } from './diverged.ts';

/** Fewer steps may be warm-up alone. */
const minValues = 20;
/** Steps over which a high loss has to last; a twentieth of the run where that is longer. */
const minWindow = 3;
/** A last quarter above the first level by more than this share has lost what the base could do. */
const worseShare = 0.05;

export const learningRateHigh: Finding = {
  id: 'learning-rate-high',
  label: 'Learning rate too high',
  severity: 'warning',
  curves: [lossCurve.metric],
  impliedBy: ['diverged'],
  find({ run: { config }, curves }) {
    const losses = valuesOf(curves, lossCurve.metric);
    // A head that was fitted to the training examples begins below what it can keep.
    if (losses.length < minValues || config.head === 'frozen_after_base_probe') return null;
    const { level, highest } = beginning(losses);
    const last = mean(part(losses, 0.75, 1));
    if (!(level > 0)) return null;
    const peak = Math.max(...windowMedians(losses, Math.max(minWindow, Math.floor(losses.length / 20))));
    const isWorse = last > (1 + worseShare) * level && last > highest;
    if (!isWorse && !(peak > divergedRatio * level && peak > highest)) return null;
    return {
      evidence: `The training loss rose from ${formatNumber(level)} to ${formatNumber(peak)} and ended at ${formatNumber(last)}.`,
      ...lowerRate(config, 10),
    };
  },
};
