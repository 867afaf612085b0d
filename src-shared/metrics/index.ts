import { midSentence } from '../format/mid-sentence.ts';
import { formatFixed, formatNumber, type MaybeNumber, missing } from '../format/numbers.ts';
import { accuracy } from './accuracy.ts';
import { answerableF1, answerF1, unanswerableAccuracy } from './answers.ts';
import { averagePrecision } from './average-precision.ts';
import { brierScore, calibrationError } from './calibration.ts';
import { pearson, spearman } from './correlation.ts';
import { entityF1, entityPrecision, entityRecall } from './entities.ts';
import { exactMatch } from './exact-match.ts';
import { f1Binary, f1Macro, f1Micro, f1Weighted } from './f1.ts';
import { loss } from './loss.ts';
import { matthews } from './matthews.ts';
import type { MetricDeclaration, OutcomeKind, Quantity } from './metric.ts';
import { perplexity } from './perplexity.ts';
import { mrrAt10, ndcgAt10, recallAt1, recallAt5, recallAt10 } from './retrieval.ts';
import { chosenReward, rejectedReward, rewardMargin } from './rewards.ts';

/** Every metric in display order. An evaluation is known by the first metric that it has, unless that is the loss. */
const declarations = [
  answerF1,
  entityF1,
  entityPrecision,
  entityRecall,
  ndcgAt10,
  mrrAt10,
  recallAt1,
  recallAt5,
  recallAt10,
  exactMatch,
  answerableF1,
  unanswerableAccuracy,
  perplexity,
  accuracy,
  f1Macro,
  f1Micro,
  f1Weighted,
  f1Binary,
  matthews,
  calibrationError,
  brierScore,
  averagePrecision,
  spearman,
  pearson,
  rewardMargin,
  chosenReward,
  rejectedReward,
  loss,
] as const satisfies readonly MetricDeclaration[];

export type MetricId = (typeof declarations)[number]['id'];

export const metrics: readonly MetricDeclaration[] = declarations;

/** The metric of results that name none: studies of earlier versions, and scores that screens show without a name. */
export const defaultMetric = accuracy;

/** Ids of the metrics whose values studies know for each example. */
export type ExampleMetricId = Extract<(typeof declarations)[number], { readonly isExampleMean: true }>['id'];

const byId: ReadonlyMap<string, MetricDeclaration> = new Map(metrics.map((one) => [one.id, one]));

/** Ids of all metrics, in display order. */
export const metricIds: readonly string[] = metrics.map(({ id }) => id);

/** Ids of the metrics of which more is better. */
export const higherMetricIds = metricIds.filter((id) => !isLowerBetter(id));

interface QuantityProperties {
  readonly scale: number;
  readonly unit: string;
  readonly digits: number;
  /** Lowest and highest value, before the scale. */
  readonly range: readonly [lowest: number, highest: number];
}

/** Properties of each quantity; perplexities have three significant figures. */
const quantities: Readonly<Record<Quantity, QuantityProperties>> = {
  share: { scale: 100, unit: '%', digits: 1, range: [0, 1] },
  loss: { scale: 1, unit: 'nats', digits: 3, range: [0, Number.POSITIVE_INFINITY] },
  perplexity: { scale: 1, unit: '', digits: 3, range: [1, Number.POSITIVE_INFINITY] },
  score: { scale: 1, unit: '', digits: 3, range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] },
};

/** The declaration of a metric; an unknown metric, as of an imported run, is a score with its id for a label. */
function declarationOf(id: string): MetricDeclaration {
  return (
    byId.get(id) ?? {
      ...{ id, label: id, summary: '', quantity: 'score', better: 'higher', definedFor: [], isCurve: false },
    }
  );
}

export function metricLabel(id: string): string {
  return declarationOf(id).label;
}

/** The label amid other words: "accuracy", "F1 (macro)". */
export function metricName(id: string): string {
  return midSentence(metricLabel(id));
}

/** Label of the axis of a curve, without the unit. */
export function metricSymbol(id: string): string {
  const { symbol, label } = declarationOf(id);
  return symbol ?? label;
}

export function metricQuantity(id: string): Quantity {
  return declarationOf(id).quantity;
}

export function isPercentage(id: string): boolean {
  return metricQuantity(id) === 'share';
}

export function isLowerBetter(id: string): boolean {
  return declarationOf(id).better === 'lower';
}

/** Tells whether studies know the metric's value for each example. */
export function isExampleMean(id: string): id is ExampleMetricId {
  return declarationOf(id).isExampleMean === true;
}

/** Tells whether the metric is a share of examples, whose noise follows from their number. */
export function isShareOfExamples(id: string): boolean {
  return isExampleMean(id) && isPercentage(id);
}

/** Value that studies count where the metric is not defined; null: none. */
export function valueIfUndefined(id: string): number | null {
  return declarationOf(id).ifUndefined ?? null;
}

/** Tells whether scores of earlier versions lack the metric. */
export function isLackedByEarlier(id: string): boolean {
  return declarationOf(id).isLackedByEarlier === true;
}

/** Metrics whose values studies know for each example. */
export const exampleMetrics = metricIds.filter(isExampleMean);

/** Lowest and highest value of a metric; infinite where it has none. */
export function metricRange(id: string): readonly [lowest: number, highest: number] {
  return declarationOf(id).range ?? quantities[metricQuantity(id)].range;
}

/** Scale, unit and digits after the point of a metric as shown; `label` is the unit in brackets, to follow a name. */
export function metricUnit(id: string): { scale: number; unit: string; label: string; digits: number } {
  const { unit, scale, digits } = quantities[metricQuantity(id)];
  return { scale, digits, unit, label: unit === '' ? '' : ` (${unit})` };
}

/**
 * A value without its unit: per cent to a tenth, a perplexity to three figures, anything else to a thousandth. A missing value
 * is a dash.
 */
export function valueText(id: string, value: MaybeNumber): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return formatNumber(value);
  const quantity = metricQuantity(id);
  const { scale, digits } = quantities[quantity];
  return quantity === 'perplexity' ? formatNumber(value, digits) : formatFixed(scale * value, digits);
}

/** Plotly's (d3's) format of a value in the metric's unit, with the digits of `valueText` and `more`. */
export function hoverFormat(id: string, more = 0): string {
  const { digits } = metricUnit(id);
  return `.${digits + more}${metricQuantity(id) === 'perplexity' ? 'r' : 'f'}`;
}

/** "70.1 %", "0.412 nats", "0.713": a text of a metric with its unit, if it has one. */
export function withUnit(id: string, text: string): string {
  const { unit } = metricUnit(id);
  return unit === '' ? text : `${text} ${unit}`;
}

/** A value with its unit: "93.2 %", "4.42". */
export function scoreText(id: string, value: MaybeNumber): string {
  return value === null || value === undefined ? missing : withUnit(id, valueText(id, value));
}

/** The unit of a difference: shares differ by points. */
export function differenceUnit(id: string): string {
  const { unit } = metricUnit(id);
  return unit === '%' ? 'points' : unit;
}

/** A difference without its unit: "+1.2", "−0.041". */
export function signedText(id: string, value: number): string {
  return value < 0 ? valueText(id, value) : `+${valueText(id, value)}`;
}

/** Scores of an evaluation; the loss is absent where only the other metrics are known. */
export interface MetricValues {
  readonly accuracy: number | null;
  readonly loss?: number | null;
  /** By id of the metric. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** The value of a metric in an evaluation; null where the evaluation does not have the metric. */
export function metricValue({ accuracy, loss, metrics: further }: MetricValues, id: string): number | null {
  const own: Readonly<Record<string, number | null | undefined>> = { accuracy, loss };
  return own[id] ?? further[id] ?? null;
}

/** Kinds of outcomes that all of these metrics are defined for. */
export function sharedOutcomes(ids: readonly string[]): OutcomeKind[] {
  const [first, ...others] = ids.flatMap((id) => byId.get(id) ?? []);
  return first === undefined
    ? []
    : first.definedFor.filter((kind) => others.every((one) => one.definedFor.includes(kind)));
}

/** Ids of the metrics that an evaluation of such outcomes can have, the loss first. */
export function metricsFor(kind: OutcomeKind, classCount = 0): string[] {
  const fitting = metrics.filter(
    (metric) =>
      metric.definedFor.includes(kind) && (metric.classCount === undefined || metric.classCount === classCount),
  );
  return [loss.id, ...fitting.flatMap(({ id }) => (id === loss.id ? [] : [id]))];
}
