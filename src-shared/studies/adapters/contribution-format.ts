import { formatFixed } from '../../format/numbers.ts';
import { type ExampleMetricId, isLowerBetter, metricUnit } from '../../metrics/index.ts';
import type { IntervalValue } from './contribution-schemas.ts';

/** −1 for a metric of which less is better: contributions are to its negative, so that positive values help. */
export function signOf(metric: ExampleMetricId): 1 | -1 {
  return isLowerBetter(metric) ? -1 : 1;
}

/** "1.24 ± 0.31": in the metric's unit, with one digit more than its values have. */
export function withInterval({ value, halfWidth }: IntervalValue, metric: ExampleMetricId): string {
  const { scale, digits } = metricUnit(metric);
  const interval = halfWidth === null ? '' : ` ± ${(scale * halfWidth).toFixed(digits + 1)}`;
  return `${formatFixed(scale * value, digits + 1)}${interval}`;
}
