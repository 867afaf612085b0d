import { Skeleton } from '@mantine/core';
import { useMemo } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { activationFigure, fullActivationStep, lossFigure, metricRun } from '../../../src-shared/figures/index.ts';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { homeStrings as strings } from '../../strings/home.ts';
import { methodLabel } from '../runs/run-labels.ts';
import { useHistory } from '../runs/use-history.ts';
import { useDrawnRun } from '../runs/use-unchanged.ts';
import { useVariantNames } from '../runs/use-variant-names.ts';
import classes from './home.module.css';

const height = 200;
/** More points than either figure is wide. */
const buckets = 512;

/** Loss and active layers of a run while it trains: how it is going, at a glance. */
export function LiveRun({ run: given }: { run: RunRecord }) {
  const theme = useFigureTheme();
  const variants = useVariantNames();
  const snapshot = useHistory({ ids: [given.id], metrics: ['loss'], masks: true, from: null, to: null, buckets });
  const run = useDrawnRun(given);
  const history = snapshot?.runs.get(given.id);
  const loss = history?.curves.get('loss');
  const masks = history?.masks ?? null;
  const curve = useMemo(
    () =>
      loss
        ? lossFigure([metricRun(run, methodLabel(run.config, variants), history?.curves)], theme, {
            smoothing: 0.9,
            nameEnds: false,
          })
        : null,
    [run, loss, variants, theme],
  );
  const strip = useMemo(() => {
    if (!run.facts || !masks || run.config.coto === null) return null;
    const { groups, maskRows, totalSteps } = run.facts;
    return activationFigure(
      {
        shares: masks,
        groups: maskRows.length > 0 ? maskRows : groups,
        totalSteps,
        fullActivationStep: fullActivationStep(run.config.coto, totalSteps),
        mostNames: 4,
      },
      theme,
    );
  }, [run, masks, theme]);
  // Before its first step a run has neither; the place is kept, so that nothing moves when they come.
  return (
    <div className={classes['live']} data-single={run.config.coto === null || undefined}>
      {curve ? (
        <Figure figure={curve} height={height} name={strings.liveLoss} caption="" live />
      ) : (
        <Skeleton height={height} animate={false} />
      )}
      {run.config.coto === null ? null : strip ? (
        <Figure figure={strip} height={height} name={strings.liveStrip} caption="" live />
      ) : (
        <Skeleton height={height} animate={false} />
      )}
    </div>
  );
}
