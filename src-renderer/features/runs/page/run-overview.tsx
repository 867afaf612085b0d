import { Skeleton } from '@mantine/core';
import { memo } from 'react';
import { useStore } from 'zustand';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { lossCurve } from '../../../../src-shared/metrics/curves.ts';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { ChartControls, type ChartView } from '../charts/chart-controls.tsx';
import classes from '../charts/charts.module.css';
import { LossFigure } from '../charts/loss-figure.tsx';
import { type HistorySource, useIsKnown } from '../charts/use-history.ts';
import { EvaluationCard, noCurvesText } from './evaluation-card.tsx';
import { RunFactsPanel } from './run-details.tsx';

/** Pixels of the loss with the strip of adapters below it, and without. */
const lossHeight = { coto: 400, plain: 280 };
const evaluationHeight = 240;

interface OverviewProps {
  /** The same until its figures change. */
  run: RunRecord;
  history: HistorySource;
  view: ChartView;
}
interface RunOverviewProps extends OverviewProps {
  onView: (view: ChartView) => void;
}

/** The answer to "how is it going?": the loss, the adapters that are on, the evaluations, and what the run is. */
export const RunOverview = memo(function RunOverview({ run, history, view, onView }: RunOverviewProps) {
  return (
    <>
      <ChartControls view={view} onChange={onView} stepsOnly />
      <div className={classes['grid']}>
        <LossCard run={run} history={history} view={view} />
        <ScoreCard run={run} history={history} />
        <RunFactsPanel run={run} />
      </div>
    </>
  );
});

function LossCard({ run, history, view }: OverviewProps) {
  const isKnown = useIsKnown(history);
  const hasLoss = useStore(
    history,
    ({ snapshot }) => snapshot?.runs.get(run.id)?.curves.has(lossCurve.metric) ?? false,
  );
  const height = lossHeight[run.config.coto ? 'coto' : 'plain'];
  return (
    <div className={`${classes['card']} ${classes['wide']}`} style={{ minHeight: height + 40 }}>
      {!isKnown ? (
        <Skeleton h={height} />
      ) : hasLoss ? (
        <LossFigure run={run} history={history} view={view} height={height} />
      ) : (
        <EmptyState>{noCurvesText(run.status)}</EmptyState>
      )}
    </div>
  );
}

function ScoreCard({ run, history }: Omit<OverviewProps, 'view'>) {
  return !useIsKnown(history) ? (
    <div className={classes['card']} style={{ minHeight: evaluationHeight + 40 }} />
  ) : (
    <EvaluationCard run={run} history={history} height={evaluationHeight} />
  );
}
