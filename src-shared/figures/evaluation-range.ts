import { shareError } from '../statistics/binomial.ts';
import { mean } from '../statistics/student.ts';
import { paddedRange } from './layout.ts';

/** Points that an axis of accuracies spans at least. */
const minPoints = 10;

/**
 * The axis of accuracies in per cent: around the values with some room, and at least 10 points or 4 standard errors of a score
 * on so many examples high, so that the noise of a few examples does not look like an effect. Ends at 0 and 100 %, unless
 * an interval reaches beyond them.
 * @param drawn values that must be in sight, such as ends of intervals
 * @param levels scores that the standard error is judged by; the drawn values if omitted
 */
export function evaluationRange(
  drawn: readonly number[],
  examples: number,
  levels: readonly number[] = drawn,
): [number, number] {
  if (drawn.length === 0) return [0, 100];
  const [low, high] = widened(drawn, minSpan(levels, examples));
  const [first, last] = paddedRange(drawn);
  const least = Math.min(...drawn) < 0 ? first : 0;
  const most = Math.max(...drawn) > 100 ? last : 100;
  // A stretch that an end cuts off is added at the other: the least span holds there too.
  const shift = low < least ? least - low : high > most ? most - high : 0;
  return [Math.max(least, low + shift), Math.min(most, high + shift)];
}

/** The same for differences of accuracies in points, which may be negative. Zero is in sight. */
export function differenceRange(
  drawn: readonly number[],
  examples: number,
  levels: readonly number[],
): [number, number] {
  return widened([0, ...drawn], minSpan(levels, examples));
}

function minSpan(levels: readonly number[], examples: number): number {
  const share = Math.min(1, Math.max(0, mean(levels) / 100));
  return levels.length === 0 ? minPoints : Math.max(minPoints, 400 * shareError(share, Math.max(1, examples)));
}

function widened(values: readonly number[], least: number): [number, number] {
  const [low, high] = paddedRange(values);
  const missing = Math.max(0, least - (high - low)) / 2;
  return [low - missing, high + missing];
}
