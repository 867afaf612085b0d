import { metricUnit, valueText } from '../../metrics/index.ts';
import { intervalEnds, type MetricInterval } from './metric-interval.ts';

/** The unit of a difference: shares differ by points. */
export function differenceUnit(metric: string): string {
  const { unit } = metricUnit(metric);
  return unit === '%' ? 'points' : unit;
}

export function signedText(metric: string, value: number): string {
  return value < 0 ? valueText(metric, value) : `+${valueText(metric, value)}`;
}

export function halfWidthText(metric: string, interval: MetricInterval | null): string {
  return interval === null || interval.halfWidth === null ? '–' : valueText(metric, interval.halfWidth);
}

/** "70.1 to 73.9" of the widest interval that is known; "–" where none is. */
export function intervalText(
  metric: string,
  interval: MetricInterval | null,
  text: (metric: string, value: number) => string = valueText,
): string {
  if (interval === null || (interval.bootstrap === null && interval.halfWidth === null)) return '–';
  return intervalEnds(interval)
    .map((end) => text(metric, end))
    .join(' to ');
}

/** "0.062", "< 0.001". */
export function probabilityText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

export function axisTitle(quantity: string, unit: string): string {
  return unit === '' ? quantity : `${quantity} (${unit})`;
}

/** "accuracy" → "Accuracy". */
export function titled(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
