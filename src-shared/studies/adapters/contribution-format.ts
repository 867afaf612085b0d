import { formatFixed } from '../../format/numbers.ts';
import type { ContributionResult, IntervalValue } from './contribution-schemas.ts';

/** Accuracies in per cent, their differences in points; a loss, in nats, as it is. */
export function unitOfMetric(metric: ContributionResult['metric']): {
  scale: number;
  value: string;
  difference: string;
} {
  return metric === 'accuracy'
    ? { scale: 100, value: '%', difference: 'points' }
    : { scale: 1, value: 'nats', difference: 'nats' };
}

/** "1.24 ± 0.31", in the unit of the scale. */
export function withInterval({ value, halfWidth }: IntervalValue, scale: number): string {
  const digits = scale === 100 ? 2 : 4;
  const interval = halfWidth === null ? '' : ` ± ${(scale * halfWidth).toFixed(digits)}`;
  return `${formatFixed(scale * value, digits)}${interval}`;
}
