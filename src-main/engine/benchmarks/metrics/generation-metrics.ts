import { punctuation } from '../../metrics/squad.ts';
import type { MetricUse } from '../prepared-task.ts';

/** Removes or evens out what a metric does not look at, of a text that was generated or is right. */
export type Ignore = (text: string) => string;

/** Metrics of a generated text and a right one, 0 or 1. */
export const generationMetrics: Readonly<Record<string, (text: string, right: string, ignore: Ignore) => number>> = {
  exact_match: (text, right, ignore) => Number(ignore(text) === ignore(right)),
};

/** In lm-eval's order: patterns, case, punctuation, digits. */
export function ignoring(use: MetricUse, patterns: readonly RegExp[]): Ignore {
  return (text) => {
    let left = patterns.reduce((rest, pattern) => rest.replaceAll(pattern, ''), text);
    if (use.ignoreCase) left = left.toLowerCase();
    if (use.ignorePunctuation) left = left.replaceAll(punctuation, '');
    return use.ignoreNumbers ? left.replaceAll(/[0-9]/g, '') : left;
  };
}
