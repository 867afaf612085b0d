import { z } from 'zod';
import type { ParameterSpec } from '../../domain/parameters/parameter.ts';
import { evaluationRange } from '../../figures/evaluation-range.ts';
import { paddedRange } from '../../figures/layout.ts';
import { axisTitle, midSentence } from '../../format/mid-sentence.ts';
import { formatFixed } from '../../format/numbers.ts';
import { accuracy } from '../../metrics/accuracy.ts';
import { pearson } from '../../metrics/correlation.ts';
import {
  defaultMetric,
  differenceUnit,
  higherMetricIds,
  isLowerBetter,
  isPercentage,
  isShareOfExamples,
  metricLabel,
  metricUnit,
  valueText,
} from '../../metrics/index.ts';
import { loss } from '../../metrics/loss.ts';
import { type TableRow, type TableUnit, tableUnit } from '../../results/comparison-row.ts';
import { mean } from '../../statistics/student.ts';
import { ofMetric, type PointScore } from './point-score.ts';

/** The metric that a study of adapters of one task judges by, as its config says it. */
export const judgedMetricSchema = z
  .string()
  .nullable()
  .default(null)
  .describe('id of a metric of the task of which more is better, or loss; null: what the task is known by');

/** The same of a result; those of earlier versions are of accuracy. */
export const resultMetricSchema = z.string().default(defaultMetric.id);

/** The parameter of it. */
export const judgedMetric: ParameterSpec = {
  name: 'metric',
  label: 'Metric',
  type: 'text',
  names: 'metric',
  default: null,
  nullable: true,
  empty: 'what the task is known by',
  help: `loss, or a metric of the task by its id of which more is better: ${higherMetricIds.join(', ')}. By default the metric that chooses the best checkpoint of the task; where that is the loss, ${accuracy.id}, or ${pearson.id} of numbers to predict. A correlation that is not defined, since all predictions are equal, counts as ${pearson.ifUndefined}.`,
};

/** The metric of a form's values. */
export function metricOfForm(value: unknown): string | null {
  return value == null || value === '' ? null : String(value);
}

/** Describes the metric for the settings table of a study's page. */
export function describeMetric(metric: string | null): { label: string; value: string }[] {
  return metric === null ? [] : [{ label: 'Metric', value: metric }];
}

/** Names of a metric in a study's tables, figures and comparisons, with its unit. */
interface JudgedWords {
  /** At the start of a heading: "Accuracy", "NDCG@10". */
  readonly title: string;
  /** Amid other words: "accuracy", "NDCG@10". */
  readonly name: string;
  readonly scale: number;
  /** Digits of a value after the point. */
  readonly digits: number;
  /** "%", "nats" or none. */
  readonly unit: string;
  /** Unit of a difference: "points", "nats" or none. */
  readonly points: string;
  readonly better: 'higher' | 'lower';
}

export function judgedWords(metric: string): JudgedWords {
  const { scale, unit, digits } = metricUnit(metric);
  const title = metricLabel(metric);
  return {
    title,
    name: midSentence(title),
    scale,
    digits,
    unit,
    points: differenceUnit(metric),
    better: isLowerBetter(metric) ? 'lower' : 'higher',
  };
}

/** "Accuracy (%)", "Pearson". */
export function judgedHeading(metric: string): string {
  const { title, unit } = judgedWords(metric);
  return axisTitle(title, unit);
}

/** The metric of a score without its unit: "72.4", "0.713". */
export function judgedText(metric: string, score: PointScore): string {
  return valueText(metric, ofMetric(score, metric));
}

/** The better of scores of one metric. */
export function bestOf(metric: string, values: readonly number[]): number {
  return isLowerBetter(metric) ? Math.min(...values) : Math.max(...values);
}

/** The metrics that figures and tables show: the one that is judged by, and the loss. */
export function shownMetrics(metric: string): string[] {
  return [...new Set([metric, loss.id])];
}

/**
 * The axis of a metric: of an accuracy as `evaluationRange`; of a metric whose noise over examples is not known around the
 * values, a tenth of their level high at least.
 */
export function judgedRange(
  metric: string,
  drawn: readonly number[],
  examples: number,
  levels: readonly number[],
): [number, number] {
  if (isPercentage(metric)) return evaluationRange(drawn, examples, levels);
  const [low, high] = paddedRange(drawn);
  const least = levels.length === 0 ? 0 : 0.1 * Math.abs(mean(levels));
  const missing = Math.max(0, least - (high - low)) / 2;
  return [low - missing, high + missing];
}

/**
 * Id, label, unit and direction of a row of the comparison. A row of another metric than the accuracy says its name, and is no
 * row of the accuracy's.
 */
export function judgedRow(
  metric: string,
  id: string,
  label: string,
): readonly [id: string, label: string, unit: TableUnit, better: TableRow['better']] {
  const { name, better } = judgedWords(metric);
  if (metric === defaultMetric.id) return [id, label, tableUnit(metric), better];
  return [`${id}/${metric}`, `${label}, ${name}`, tableUnit(metric), better];
}

/** The score that a search was tuned by, without its unit: an accuracy of classes, else a negative loss. */
export function tunedText(metric: string, score: number): string {
  return isShareOfExamples(metric) ? valueText(metric, score) : formatFixed(score, 3);
}
