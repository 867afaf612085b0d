import { amidWords } from '../format/amid-words.ts';
import { metricIds, metricLabel, metricSymbol, metricUnit } from '../metrics/index.ts';

/** A metric of a run's history, as figures show it. */
export interface CurveMetric {
  readonly metric: string;
  readonly title: string;
  readonly yTitle: string;
  /** 100 shows shares in per cent. */
  readonly factor?: number;
}

/** The curve of a metric over the evaluations of a run, in the metric's unit. */
export function evaluationCurve(id: string, title = `Eval ${amidWords(metricLabel(id))}`): CurveMetric {
  const { scale, label } = metricUnit(id);
  return {
    metric: `eval_${id}`,
    title,
    yTitle: `${amidWords(metricSymbol(id))}${label}`,
    ...(scale === 1 ? {} : { factor: scale }),
  };
}

/** Metrics of evaluations in the order of figures: those that a language model is known by first, the loss last. */
const evaluations = [...new Set(['exact_match', 'perplexity', 'accuracy', ...metricIds, 'loss'])].map((id) =>
  evaluationCurve(id),
);

/** Every metric of a run as a whole (not of one layer), in the order of figures: what it learns, then what it costs. */
export const curveMetrics: readonly CurveMetric[] = [
  { metric: 'loss', title: 'Training loss', yTitle: 'loss (nats)' },
  { metric: 'rewards_margins', title: 'Reward margin', yTitle: 'reward' },
  { metric: 'rewards_accuracies', title: 'Preference accuracy', yTitle: 'accuracy (%)', factor: 100 },
  { metric: 'rewards_chosen', title: 'Reward of chosen answers', yTitle: 'reward' },
  { metric: 'rewards_rejected', title: 'Reward of rejected answers', yTitle: 'reward' },
  ...evaluations,
  { metric: 'learning_rate', title: 'Learning rate', yTitle: 'learning rate' },
  { metric: 'grad_norm', title: 'Gradient norm', yTitle: 'L2 norm' },
  { metric: 'active_share', title: 'Active layers', yTitle: 'active layers (%)', factor: 100 },
  { metric: 'p', title: 'Activation probability', yTitle: 'p' },
  { metric: 'step_milliseconds', title: 'Step time', yTitle: 'step time (ms)' },
  { metric: 'examples_per_second', title: 'Throughput', yTitle: 'examples per second' },
];
