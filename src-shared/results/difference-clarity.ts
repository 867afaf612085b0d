import type { MeanInterval } from '../statistics/student.ts';
import { intervalEnds, type MetricInterval } from '../studies/scores/metric-interval.ts';

/** A paired difference with its 95 % interval, over seeds or over seeds and examples. */
export type Difference = Pick<MeanInterval, 'n' | 'mean' | 'halfWidth'> & Partial<Pick<MetricInterval, 'bootstrap'>>;

/** Verdict of a difference: its 95 % interval excludes zero, includes it, or is missing. */
export type Clarity = 'clear' | 'unclear' | 'unknown';

export function clarityOf({ bootstrap = null, ...difference }: Difference): Clarity {
  if (bootstrap === null && difference.halfWidth === null) return 'unknown';
  const [low, high] = intervalEnds({ ...difference, bootstrap });
  return low > 0 || high < 0 ? 'clear' : 'unclear';
}

/** Says what the interval leaves open; "" where it excludes zero. */
export const clarityWords: Readonly<Record<Clarity, string>> = {
  clear: '',
  unclear: 'no clear difference',
  unknown: 'not enough seeds to tell',
};

/**
 * A difference as the end of a sentence that claims no more than its interval: "2.0 points higher (95% CI ±0.4)", "0.2
 * points higher (95% CI ±6.4): no clear difference". Null without an interval: then a text may only state both values.
 *
 * @param amount a size without its sign, in the unit of `unit`
 */
export function differenceWords(
  difference: Difference,
  amount: (size: number) => string,
  unit: string,
  [more, less]: readonly [more: string, less: string] = ['higher', 'lower'],
): string | null {
  const clarity = clarityOf(difference);
  if (clarity === 'unknown') return null;
  const { mean, halfWidth, bootstrap = null } = difference;
  const interval =
    halfWidth === null
      ? intervalEnds({ ...difference, bootstrap })
          .map((end) => `${end < 0 ? '−' : ''}${amount(Math.abs(end))}`)
          .join(' to ')
      : `±${amount(halfWidth)}`;
  const size = amount(Math.abs(mean));
  const words = Number(size) === 0 ? 'the same' : [size, unit, mean < 0 ? less : more].filter(Boolean).join(' ');
  const open = clarity === 'clear' ? '' : `: ${clarityWords[clarity]}`;
  return `${words} (95% CI ${interval})${open}`;
}
