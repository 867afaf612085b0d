import { formatCount, formatNumber, formatPercent } from '../../format/numbers.ts';
import type { Finding } from '../finding.ts';
import { median, valuesOf } from '../series.ts';

const minValues = 20;
const clippedShare = 0.95;
/**
 * Norms a few times above the default limit of 1 are usual (a tuned adapter of the bundled base has 2 to 5). From ten times on,
 * every step has the same length whatever the gradient, so that the limit is a setting of the learning rate.
 */
const minRatio = 10;

export const alwaysClipped: Finding = {
  id: 'always-clipped',
  label: 'Every gradient is clipped',
  severity: 'note',
  curves: ['grad_norm'],
  impliedBy: ['diverged', 'learning-rate-high'],
  find({ run: { config }, curves }) {
    const limit = config.max_grad_norm;
    const norms = valuesOf(curves, 'grad_norm');
    if (limit === 0 || norms.length < minValues) return null;
    const share = norms.filter((norm) => norm > limit).length / norms.length;
    const usual = median(norms);
    if (share < clippedShare || usual < minRatio * limit) return null;
    const changed = Number((2 * usual).toPrecision(2));
    return {
      evidence: `In ${formatPercent(share)} % of ${formatCount(norms.length)} steps the gradient norm was above max_grad_norm ${formatNumber(limit)}; its median is ${formatNumber(usual)}.`,
      advice: `Train again with max_grad_norm ${changed}, so that only unusual gradients are clipped.`,
      changes: { max_grad_norm: changed },
    };
  },
};
