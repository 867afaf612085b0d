import { signedText, valueText, withUnit } from '../metrics/index.ts';
import type { MeanInterval } from '../statistics/student.ts';

/** "65.8 ± 1.9 %", "65.8 %" of a single value, "4.42 ± 0.0510" of a perplexity. */
export function intervalText(metric: string, { mean, halfWidth }: MeanInterval): string {
  const spread = halfWidth === null ? '' : ` ± ${valueText(metric, halfWidth)}`;
  return withUnit(metric, valueText(metric, mean) + spread);
}

/** "+1.2 ± 0.8": of shares in points, so without a unit. */
export function differenceText(metric: string, { mean, halfWidth }: MeanInterval): string {
  const spread = halfWidth === null ? '' : ` ± ${valueText(metric, halfWidth)}`;
  return `${signedText(metric, mean)}${spread}`;
}
