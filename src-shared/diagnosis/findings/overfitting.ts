import { formatCount, formatNumber } from '../../format/numbers.ts';
import { lossCurve } from '../../metrics/curves.ts';
import { defaultMetric, isLowerBetter, isShareOfExamples, metricIds } from '../../metrics/index.ts';
import { loss } from '../../metrics/loss.ts';
import { evaluationName } from '../../metrics/recorded.ts';
import { headlineOf } from '../../results/headline.ts';
import { shareError } from '../../statistics/binomial.ts';
import { mean } from '../../statistics/student.ts';
import type { Finding, RunEvidence } from '../finding.ts';
import { valuesOf } from '../series.ts';

const minEvaluations = 3;
/** The evaluation loss has to rise by this share: less is the noise of a few hundred examples. */
const riseShare = 0.1;
/** The training loss has to fall on by this share meanwhile: else the rise has another cause. */
const fallShare = 0.2;

const evalLoss = evaluationName(loss.id);

export const overfitting: Finding = {
  id: 'overfitting',
  label: 'Overfitting',
  severity: 'warning',
  curves: [lossCurve.metric, ...metricIds.map(evaluationName)],
  impliedBy: ['diverged', 'learning-rate-high'],
  find(evidence) {
    const { run, curves } = evidence;
    const evaluations = curves.get(evalLoss);
    if (evaluations === undefined || evaluations.mean.length < minEvaluations) return null;
    if (run.config.load_best_model_at_end && run.config.metric_for_best_model === loss.id) return null;
    const best = evaluations.mean.indexOf(Math.min(...evaluations.mean));
    const [lowest = 0, last = 0] = [evaluations.mean[best], evaluations.mean.at(-1)];
    if (!(last > (1 + riseShare) * lowest) || scoreImproved(evidence, best)) return null;
    const since = evaluations.ends[best] ?? 0;
    const [before, after] = [trainLoss(evidence, since), trainLoss(evidence, Number.POSITIVE_INFINITY)];
    if (before === null || after === null || after > (1 - fallShare) * before) return null;
    return {
      evidence: `Since step ${formatCount(since)} the evaluation loss rose from ${formatNumber(lowest)} to ${formatNumber(last)} while the training loss fell from ${formatNumber(before)} to ${formatNumber(after)}.`,
      advice: 'Train again and keep the checkpoint with the lowest evaluation loss.',
      changes: { load_best_model_at_end: true, metric_for_best_model: loss.id, greater_is_better: null },
    };
  },
};

/** Mean training loss of the steps up to `end`: of the last tenth of all steps recorded, of at least three. */
function trainLoss({ curves }: RunEvidence, end: number): number | null {
  const all = valuesOf(curves, lossCurve.metric);
  const ends = curves.get(lossCurve.metric)?.ends ?? [];
  const values = all.filter((_, at) => (ends[at] ?? 0) < end).slice(-Math.max(3, Math.floor(all.length / 10)));
  return values.length < 3 ? null : mean(values);
}

/** True if the run's score is better than at the lowest loss by more than two standard errors. */
function scoreImproved({ run: { result, facts }, curves }: RunEvidence, best: number): boolean {
  const metric = headlineOf(result)?.id ?? defaultMetric.id;
  const scores = valuesOf(curves, evaluationName(metric));
  const [then, last] = [scores[best], scores.at(-1)];
  if (then === undefined || last === undefined) return false;
  const gain = isLowerBetter(metric) ? then - last : last - then;
  const examples = facts?.evalExamples ?? 0;
  return gain > (isShareOfExamples(metric) && examples > 0 ? 2 * shareError(then, examples) : 0);
}
