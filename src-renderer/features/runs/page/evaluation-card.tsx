import { Text } from '@mantine/core';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import type { Curve } from '../../../../src-shared/domain/runs/run-history.ts';
import type { MetricOptions } from '../../../../src-shared/figures/index.ts';
import { evaluationCurve, evaluationCurves } from '../../../../src-shared/metrics/curves.ts';
import { metricLabel, valueText } from '../../../../src-shared/metrics/index.ts';
import { loss } from '../../../../src-shared/metrics/loss.ts';
import { evaluatedMetric, evaluationName } from '../../../../src-shared/metrics/recorded.ts';
import { namedScores } from '../../../../src-shared/results/headline.ts';
import { runStrings as words } from '../../../strings/run.ts';
import classes from '../charts/charts.module.css';
import { CurveFigure } from '../charts/curve-figure.tsx';
import { type HistorySource, useCurves } from '../charts/use-history.ts';
import { evaluationMetrics, scoreCurve, scoresAt } from './run-summary.ts';

type Curves = ReadonlyMap<string, Curve>;

/** The curves of evaluations that a run has; a score that repeats another one has no curve, the loss has one. */
export function drawnEvaluations(curves: Curves | undefined): MetricOptions[] {
  if (curves === undefined) return [];
  const scores = namedScores(scoresAt(curves, -1));
  return evaluationCurves.flatMap((curve) => {
    const id = evaluatedMetric(curve.metric);
    const score = scores.find((one) => one.id === id);
    if (!curves.has(curve.metric) || id === null || (score === undefined && id !== loss.id)) return [];
    return [score === undefined ? curve : evaluationCurve(id, score.label)];
  });
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
  const drawn = score === null ? undefined : drawnEvaluations(curves).find(({ valuesOf }) => valuesOf === score.id);
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
  const textsAt = (at: number) => {
    const scores = scoresAt(curves, at);
    const texts = namedScores(scores).map(({ label, text }) => ({ label, text }));
    if (scores.loss === null) return texts;
    return [...texts, { label: metricLabel(loss.id), text: valueText(loss.id, scores.loss) }];
  };
  const steps = Array.from(curves.get(evaluationName(loss.id))?.ends ?? []);
  const first = steps.length > 1 ? textsAt(0) : [];
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
          {textsAt(-1).map(({ label, text }, index) => (
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
