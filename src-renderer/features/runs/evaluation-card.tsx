import { Text } from '@mantine/core';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { Curve } from '../../../src-shared/domain/run-history.ts';
import type { MetricOptions } from '../../../src-shared/figures/index.ts';
import { metricLabel, valueText } from '../../../src-shared/metrics/index.ts';
import { evaluationCurve } from '../../../src-shared/results/curve-metrics.ts';
import { namedScores } from '../../../src-shared/results/headline.ts';
import { runStrings as words } from '../../strings/run.ts';
import classes from './charts.module.css';
import { CurveFigure } from './curve-figure.tsx';
import { evaluationMetrics, scoreCurve } from './run-summary.ts';
import { type HistorySource, useCurves } from './use-history.ts';

type Curves = ReadonlyMap<string, Curve>;

/** Curves of evaluations; a run is drawn by the first one that it has. */
const curveOptions: readonly MetricOptions[] = [
  'answer_f1',
  'entity_f1',
  'ndcg_at_10',
  'exact_match',
  'perplexity',
  'spearman',
  'rewards_margins',
  'accuracy',
].map((id) => evaluationCurve(id));

/** The evaluation metrics that a run has, as curves. The accuracy of a language model is that of its tokens. */
export function evaluationCurves(curves: Curves | undefined): MetricOptions[] {
  return curveOptions
    .filter(({ metric }) => curves?.has(metric))
    .map((options) =>
      options.metric === 'eval_accuracy' && curves?.has('eval_perplexity')
        ? { ...options, title: 'Token accuracy' }
        : options,
    );
}

export function noCurvesText(status: RunRecord['status']): string {
  if (status === 'queued') return words.noCurves.queued;
  return status === 'running' ? words.noCurves.running : words.noCurves.ended;
}

interface EvaluationCardProps {
  /** The same until its figures change. */
  run: RunRecord;
  history: HistorySource;
  height: number;
}

/**
 * The score that a run is known by, as a curve where it is evaluated again and again, else as numbers. Its place has the
 * same size before the first evaluation.
 */
export function EvaluationCard({ run, history, height }: EvaluationCardProps) {
  const curves = useCurves(history, run.id, evaluationMetrics);
  const score = scoreCurve(run, curves);
  const drawn = evaluationCurves(curves).find(({ metric }) => metric === `eval_${score?.id}`);
  return (
    <div className={classes['card']} style={{ minHeight: height + 40 }}>
      {drawn && (curves.get(drawn.metric)?.counts.length ?? 0) > 2 ? (
        <CurveFigure run={run} history={history} options={drawn} height={height} />
      ) : (
        <EvaluationNumbers run={run} curves={curves} />
      )}
    </div>
  );
}

/** Each metric of the evaluations so far: the value at step 0, if there is one, and the latest. */
function EvaluationNumbers({ run, curves }: { run: RunRecord; curves: Curves }) {
  const scoresAt = (at: number) => {
    const metrics: Record<string, number> = {};
    for (const [name, curve] of curves) {
      const value = curve.mean.at(at);
      if (name.startsWith('eval_') && value !== undefined) metrics[name.slice('eval_'.length)] = value;
    }
    const { accuracy = null, loss, ...further } = metrics;
    const scores = namedScores({ accuracy, metrics: further }).map(({ label, text }) => ({ label, text }));
    return loss === undefined ? scores : [...scores, { label: metricLabel('loss'), text: valueText('loss', loss) }];
  };
  const steps = Array.from(curves.get('eval_loss')?.ends ?? []);
  const first = steps.length > 1 ? scoresAt(0) : [];
  const split = words.split[run.config.eval_split];
  if (steps.length === 0)
    return (
      <>
        <div className={classes['cardTitle']}>{words.evaluation}</div>
        <Text c="dimmed">{pendingText(run)}</Text>
      </>
    );
  return (
    <>
      <div className={classes['cardTitle']}>
        {split} {words.evaluation.toLowerCase()}
      </div>
      <table className={classes['numbers']}>
        <thead>
          <tr>
            <td />
            {steps.length > 1 ? <th>step {steps[0]}</th> : null}
            <th>step {steps.at(-1)}</th>
          </tr>
        </thead>
        <tbody>
          {scoresAt(-1).map(({ label, text }, index) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {steps.length > 1 ? <td>{first[index]?.text ?? '–'}</td> : null}
              <td>
                <b>{text}</b>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function pendingText({ config, facts, status }: RunRecord): string {
  const isOver = !['queued', 'running', 'paused'].includes(status);
  if (isOver) return words.evaluationNone;
  const total = facts?.totalSteps ?? Number.POSITIVE_INFINITY;
  return config.eval_steps > 0 && config.eval_steps < total
    ? words.evaluationPending(config.eval_steps)
    : words.evaluationOnce;
}
