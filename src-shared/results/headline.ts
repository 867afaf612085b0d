import { midSentence } from '../format/mid-sentence.ts';
import { defaultMetric, metrics, metricValue, scoreText, sharedOutcomes } from '../metrics/index.ts';
import { loss } from '../metrics/loss.ts';
import type { MetricDeclaration } from '../metrics/metric.ts';

/** Scores of an evaluation. */
export interface Scores {
  readonly accuracy: number | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/** One score with its name and unit, e.g. "perplexity", "4.42", or "accuracy", "93.2 %". */
export interface NamedScore {
  readonly id: string;
  readonly label: string;
  /** With the unit. */
  readonly text: string;
  /** Sorts from bad to good among scores of one metric. */
  readonly rank: number;
}

/**
 * Every score of an evaluation in display order: an evaluation is known by the first. Scores that repeat another metric are left
 * out.
 */
export function namedScores(scores: Scores): NamedScore[] {
  const present = metrics.flatMap((metric) => {
    const value = metric.id === loss.id ? null : metricValue(scores, metric.id);
    return value === null ? [] : [{ metric, value }];
  });
  const kinds = sharedOutcomes(present.map(({ metric }) => metric.id));
  const [kind] = kinds;
  const isRepeated = ({ repeatedFor = [] }: MetricDeclaration) =>
    kind !== undefined && kinds.every((one) => repeatedFor.includes(one));
  return present.flatMap(({ metric, value }) => {
    const { id, label, labels, better } = metric;
    if (isRepeated(metric)) return [];
    const ofKind = kinds.length === 1 && kind !== undefined ? labels?.[kind] : undefined;
    return [{ id, label: ofKind ?? label, text: scoreText(id, value), rank: better === 'lower' ? -value : value }];
  });
}

/** The score that an evaluation is known by; null where it has none but a loss. */
export function headlineOf(scores: Scores | null | undefined): NamedScore | null {
  return scores ? (namedScores(scores)[0] ?? null) : null;
}

/** "93.2 %" of the default metric, else with the name: "perplexity 4.42"; "" without a score. */
export function headlineText(scores: Scores | null | undefined): string {
  const score = headlineOf(scores);
  return score === null ? '' : namePrefix(score) + score.text;
}

/** "perplexity ", to precede a value; "" for the default metric, whose values need no name. */
export function namePrefix({ id, label }: Pick<NamedScore, 'id' | 'label'>): string {
  return id === defaultMetric.id ? '' : `${midSentence(label)} `;
}
