import { z } from 'zod';
import type { ParameterSpec } from '../../domain/parameter.ts';
import { evaluationRange } from '../../figures/evaluation-range.ts';
import { paddedRange } from '../../figures/layout.ts';
import { amidWords } from '../../format/amid-words.ts';
import { isLowerBetter, metricLabel, metricUnit, valueText } from '../../metrics/index.ts';
import type { TableRow, TableUnit } from '../../results/comparison-row.ts';
import { mean } from '../../statistics/student.ts';
import { axisTitle, differenceUnit } from './metric-words.ts';
import { ofMetric, type PointScore } from './point-score.ts';

/** The metric that a study of adapters of one task judges by, as its config says it. */
export const judgedMetricSchema = z
  .string()
  .nullable()
  .default(null)
  .describe('id of a metric of the task of which more is better, or loss; null: what the task is known by');

/** The same of a result; those of earlier versions are of accuracy. */
export const resultMetricSchema = z.string().default('accuracy');

/** The parameter of it. */
export const judgedMetric: ParameterSpec = {
  name: 'metric',
  label: 'Metric',
  type: 'text',
  default: null,
  nullable: true,
  empty: 'what the task is known by',
  help: 'loss, or a metric of the task by its id of which more is better, e.g. accuracy, f1_macro, pearson. By default the accuracy; of tagged words entity_f1, of answers answer_f1, of embeddings ndcg_at_10, average_precision or spearman, of numbers to predict pearson. A correlation that is not defined, since all predictions are equal, counts as 0.',
};

/** The metric of a form's values. */
export function metricOfForm(value: unknown): string | null {
  return value == null || value === '' ? null : String(value);
}

/** Describes the metric for the settings table of a study's page. */
export function describeMetric(metric: string | null): { label: string; value: string }[] {
  return metric === null ? [] : [{ label: 'Metric', value: metric }];
}

/** How tables, figures and comparisons of a study call a metric, and in what unit they show it. */
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
  const { scale, unit } = metricUnit(metric);
  const title = metricLabel(metric);
  return {
    title,
    name: amidWords(title),
    scale,
    digits: scale === 100 ? 1 : 3,
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
  return [...new Set([metric, 'loss'])];
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
  if (metricUnit(metric).scale === 100) return evaluationRange(drawn, examples, levels);
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
  if (metric === 'accuracy') return [id, label, 'percent', better];
  return [`${id}/${metric}`, `${label}, ${name}`, tableUnit(metric), better];
}

/** The unit that comparisons show a metric in. */
export function tableUnit(metric: string): TableUnit {
  if (metric === 'loss') return 'loss';
  return metricUnit(metric).scale === 100 ? 'percent' : 'score';
}
