import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { Score } from '../../../../src-shared/domain/studies/plan.ts';
import { metricValue, valueIfUndefined } from '../../../../src-shared/metrics/index.ts';
import { byMetric, type MeasuredScore, type PointScore } from '../../../../src-shared/studies/scores/point-score.ts';

/** @param metric the one that the study judges by. @throws StudioError refused for one that the score does not have */
export function pointScore(score: Score, metric: string): PointScore {
  return byMetric(metric, score.accuracy !== null, (id) => judgedValue(score, id));
}

/** The same with what the subject costs the base. @throws StudioError refused for a metric that the score does not have */
export function measuredScore(score: Score, metric: string): MeasuredScore {
  const { forgetting } = score;
  return { ...pointScore(score, metric), ...(forgetting === undefined ? {} : { forgetting }) };
}

/** The value of a metric, or the value that the metric counts as where it is not defined: one merge of many must not end the study. */
export function judgedValue(score: Score, metric: string): number {
  return metricValue(score, metric) ?? valueIfUndefined(metric) ?? metricOf(score, metric);
}

/** The value of a metric; of a training that diverged NaN. @throws StudioError refused listing the available metrics */
export function metricOf(score: Score, metric: string): number {
  if (score.diverged) return Number.NaN;
  const value = metricValue(score, metric);
  if (value !== null) return value;
  const { accuracy, loss, metrics } = score;
  const all = { ...metrics, ...(accuracy === null ? {} : { accuracy }), loss };
  throw new StudioError(
    'refused',
    `The task has no metric "${metric}".`,
    `Choose one of ${Object.keys(all).sort().join(', ')}; finished trainings and scores are kept.`,
  ).at('metric');
}
