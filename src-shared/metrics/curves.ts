import { midSentence } from '../format/mid-sentence.ts';
import { metricLabel, metricSymbol, metrics, metricUnit } from './index.ts';
import { loss } from './loss.ts';
import type { MetricDeclaration } from './metric.ts';
import { evaluationName } from './recorded.ts';

/** A metric of a run's history, as figures show it. */
export interface CurveMetric {
  /** Name in the run's history. */
  readonly metric: string;
  readonly title: string;
  readonly yTitle: string;
  /** 100 shows shares in per cent. */
  readonly factor?: number;
  /** Id of the metric whose unit and digits the values have; absent for what is no metric of evaluations. */
  readonly valuesOf?: string;
}

/** Scale, unit and title of the axis of a metric's values. */
function axisOf(id: string): Omit<CurveMetric, 'metric' | 'title'> {
  const { scale, label } = metricUnit(id);
  return {
    valuesOf: id,
    yTitle: `${midSentence(metricSymbol(id))}${label}`,
    ...(scale === 1 ? {} : { factor: scale }),
  };
}

/**
 * The curve of a metric over the evaluations of a run, in the metric's unit.
 * @param label of the metric in these evaluations
 * @param prefix of the title, before the label
 */
export function evaluationCurve(id: string, label = metricLabel(id), prefix = 'Eval'): CurveMetric {
  return { metric: evaluationName(id), title: `${prefix} ${midSentence(label)}`, ...axisOf(id) };
}

function trainingCurve(
  { id, label }: MetricDeclaration,
  training: NonNullable<MetricDeclaration['training']>,
): CurveMetric {
  return { metric: training.name, title: training.title ?? label, ...axisOf(id) };
}

/** The training loss. */
export const lossCurve = trainingCurve(loss, loss.training);

/** Further quantities of training steps in the units of metrics: rewards. */
export const rewardCurves: readonly CurveMetric[] = metrics.flatMap((metric) =>
  metric.training === undefined || metric.id === loss.id ? [] : [trainingCurve(metric, metric.training)],
);

/** Curves of evaluations that run pages and reports draw, in display order, the loss last. */
export const evaluationCurves: readonly CurveMetric[] = metrics.flatMap(({ id, isCurve }) =>
  isCurve ? [evaluationCurve(id)] : [],
);

/** Every metric of a run as a whole (not of one layer), in the order of figures: what it learns, then what it costs. */
export const curveMetrics: readonly CurveMetric[] = [
  lossCurve,
  ...rewardCurves,
  ...metrics.map(({ id }) => evaluationCurve(id)),
  { metric: 'learning_rate', title: 'Learning rate', yTitle: 'learning rate' },
  { metric: 'grad_norm', title: 'Gradient norm', yTitle: 'L2 norm' },
  { metric: 'active_share', title: 'Active layers', yTitle: 'active layers (%)', factor: 100 },
  { metric: 'p', title: 'Activation probability', yTitle: 'p' },
  { metric: 'step_milliseconds', title: 'Step time', yTitle: 'step time (ms)' },
  { metric: 'examples_per_second', title: 'Throughput', yTitle: 'examples per second' },
];
