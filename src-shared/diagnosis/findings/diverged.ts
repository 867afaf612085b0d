import { formatCount, formatNumber } from '../../format/numbers.ts';
import { lossCurve } from '../../metrics/curves.ts';
import { mean } from '../../statistics/student.ts';
import type { Finding } from '../finding.ts';
import { lowerRate } from '../remedies.ts';
import { beginning, valuesOf } from '../series.ts';

/**
 * A loss this many times its first level has left the region where training began. A tuned training stays below its first
 * level; a warm-up or a hard batch does not raise the mean of a tenth of the steps by half.
 */
export const divergedRatio = 1.5;
/** Fewer values have no tail to take a mean of. */
const minValues = 10;
const minTail = 3;

export const diverged: Finding = {
  id: 'diverged',
  label: 'Diverged',
  severity: 'problem',
  curves: [lossCurve.metric],
  find({ run: { error, config }, curves }) {
    if (error?.code === 'not_finite') return { evidence: error.message, ...lowerRate(config, 10) };
    const losses = valuesOf(curves, lossCurve.metric);
    if (losses.length < minValues) return null;
    const { level, highest } = beginning(losses);
    const last = mean(losses.slice(-Math.max(minTail, Math.floor(losses.length / 10))));
    if (!(level > 0 && last > divergedRatio * level && last > highest)) return null;
    const step = curves.get(lossCurve.metric)?.ends.at(-1) ?? 0;
    return {
      evidence: `The training loss began at ${formatNumber(level)} and is ${formatNumber(last)} around step ${formatCount(step + 1)}.`,
      ...lowerRate(config, 10),
    };
  },
};
