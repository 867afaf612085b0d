import type { MeanInterval } from '../statistics/student.ts';
import { signedText, valueText, withUnit } from '../studies/metric-words.ts';

/** "65.8 ± 1.9 %", "65.8 %" of a single value, "4.420 ± 0.051" of a perplexity. */
export function intervalText(metric: string, { mean, halfWidth }: MeanInterval): string {
  const spread = halfWidth === null ? '' : ` ± ${valueText(metric, halfWidth)}`;
  return withUnit(metric, valueText(metric, mean) + spread);
}

/** "+1.2 ± 0.8": of shares in points, so without a unit. */
export function differenceText(metric: string, { mean, halfWidth }: MeanInterval): string {
  const spread = halfWidth === null ? '' : ` ± ${valueText(metric, halfWidth)}`;
  return `${signedText(metric, mean)}${spread}`;
}
