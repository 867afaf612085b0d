import { Skeleton } from '@mantine/core';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ChartControls, type ChartView } from './chart-controls.tsx';
import classes from './charts.module.css';
import { EvaluationCard, noCurvesText } from './evaluation-card.tsx';
import type { HistorySnapshot } from './history-feed.ts';
import { LossFigure } from './loss-figure.tsx';
import { RunFactsPanel } from './run-details.tsx';
import { useDrawnRun } from './use-unchanged.ts';

/** Pixels of the loss with the strip of adapters below it, and without. */
const lossHeight = { coto: 400, plain: 280 };
const evaluationHeight = 240;

interface RunOverviewProps {
  run: RunRecord;
  snapshot: HistorySnapshot | null;
  view: ChartView;
  onView: (view: ChartView) => void;
}

/** The answer to "how is it going?": the loss, the adapters that are on, the evaluations, and what the run is. */
export function RunOverview({ run, snapshot, view, onView }: RunOverviewProps) {
  const drawn = useDrawnRun(run);
  const height = lossHeight[run.config.coto ? 'coto' : 'plain'];
  const curves = snapshot?.runs.get(run.id)?.curves;
  return (
    <>
      <ChartControls view={view} onChange={onView} stepsOnly />
      <div className={classes['grid']}>
        <div className={`${classes['card']} ${classes['wide']}`} style={{ minHeight: height + 40 }}>
          {snapshot === null ? (
            <Skeleton h={height} />
          ) : curves?.has('loss') ? (
            <LossFigure run={drawn} snapshot={snapshot} view={view} height={height} />
          ) : (
            <EmptyState>{noCurvesText(run.status)}</EmptyState>
          )}
        </div>
        {snapshot === null ? (
          <div className={classes['card']} style={{ minHeight: evaluationHeight + 40 }} />
        ) : (
          <EvaluationCard run={drawn} snapshot={snapshot} height={evaluationHeight} />
        )}
        <RunFactsPanel run={run} />
      </div>
    </>
  );
}
