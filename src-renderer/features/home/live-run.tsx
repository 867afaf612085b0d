import { Skeleton } from '@mantine/core';
import { useMemo } from 'react';
import { useStore } from 'zustand';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { ActivationShares } from '../../../src-shared/domain/runs/run-history.ts';
import { activationFigure, fullActivationStep, lossFigure, metricRun } from '../../../src-shared/figures/index.ts';
import { lossCurve } from '../../../src-shared/metrics/curves.ts';
import { SourcedFigure } from '../../plots/figure.tsx';
import { type GrowingFigure, growingFigure } from '../../plots/figure-source.ts';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { homeStrings as strings } from '../../strings/home.ts';
import { curvesByName } from '../runs/charts/curve-figure.tsx';
import { type HistorySource, historyOf, useHistorySource } from '../runs/charts/use-history.ts';
import { methodLabel } from '../runs/run-labels.ts';
import { useDrawnRun } from '../runs/use-unchanged.ts';
import { useVariantNames } from '../runs/use-variant-names.ts';
import classes from './home.module.css';

const height = 200;
/** More points than either figure is wide. */
const buckets = 512;

/** Loss and active layers of a run while it trains: how it is going, at a glance. */
export function LiveRun({ run: given }: { run: RunRecord }) {
  const run = useDrawnRun(given);
  const { id } = run;
  const history = useHistorySource({
    ids: [id],
    metrics: [lossCurve.metric],
    masks: true,
    from: null,
    to: null,
    buckets,
  });
  const hasLoss = useStore(history, ({ snapshot }) => snapshot?.runs.get(id)?.curves.has(lossCurve.metric) === true);
  const hasMasks = useStore(history, ({ snapshot }) => (snapshot?.runs.get(id)?.masks ?? null) !== null);
  const loss = useLoss(run, history);
  const strip = useStrip(run, history);
  // Before its first step a run has neither; the place is kept, so that nothing moves when they come.
  return (
    <div className={classes['live']} data-single={run.config.coto === null || undefined}>
      {hasLoss ? (
        <SourcedFigure source={loss} height={height} name={strings.liveLoss} caption="" live />
      ) : (
        <Skeleton height={height} animate={false} />
      )}
      {run.config.coto === null ? null : hasMasks && strip ? (
        <SourcedFigure source={strip} height={height} name={strings.liveStrip} caption="" live />
      ) : (
        <Skeleton height={height} animate={false} />
      )}
    </div>
  );
}

function useLoss(run: RunRecord, history: HistorySource): GrowingFigure {
  const theme = useFigureTheme();
  const group = methodLabel(run.config, useVariantNames());
  return useMemo(
    () =>
      growingFigure(
        [history],
        () => [historyOf(history, run.id).curves?.get(lossCurve.metric)],
        (loss) => lossFigure([metricRun(run, group, curvesByName([loss]))], theme, { smoothing: 0.9, nameEnds: false }),
      ),
    [run, history, group, theme],
  );
}

/** Null where the run switches no adapters, and before it is known which. */
function useStrip(run: RunRecord, history: HistorySource): GrowingFigure | null {
  const theme = useFigureTheme();
  return useMemo(() => {
    const { facts, config } = run;
    const { coto } = config;
    if (facts === null || coto === null) return null;
    const { groups: layers, maskRows, totalSteps } = facts;
    const groups = maskRows.length > 0 ? maskRows : layers;
    const full = fullActivationStep(coto, totalSteps);
    const strip = { groups, totalSteps, fullActivationStep: full, maxNames: 4 };
    return growingFigure(
      [history],
      () => [historyOf(history, run.id).masks ?? noShares],
      (shares) => activationFigure({ ...strip, shares }, theme),
    );
  }, [run, history, theme]);
}

/** Placeholder for a run that has not switched any layers yet; draws nothing. */
const noShares: ActivationShares = {
  ...{ firstStep: 0, nextStep: 0, width: 1, groupCount: 0 },
  counts: new Uint32Array(),
  on: new Uint32Array(),
};
