import { useMemo } from 'react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { lossStripFigure, metricRun } from '../../../../src-shared/figures/index.ts';
import { lossCurve } from '../../../../src-shared/metrics/curves.ts';
import { SourcedFigure } from '../../../plots/figure.tsx';
import { growingFigure } from '../../../plots/figure-source.ts';
import { useFigureTheme } from '../../../plots/figure-theme.ts';
import type { ChartView } from './chart-controls.tsx';
import { curvesByName, useDetail, withDetail } from './curve-figure.tsx';
import { type HistorySource, historyOf } from './use-history.ts';

interface LossFigureProps {
  /** The same until its figures change. */
  run: RunRecord;
  history: HistorySource;
  view: ChartView;
  height: number;
}

/**
 * The training loss over the adapters that were on, along one axis of steps. Zooming in requests every value of that
 * range.
 */
export function LossFigure({ run, history, view: { smoothing, logScale }, height }: LossFigureProps) {
  const theme = useFigureTheme();
  const { id } = run;
  const { detail, setZoom } = useDetail(run, history, lossCurve.metric, 'step');
  const source = useMemo(
    () =>
      growingFigure(
        [history, detail.source],
        () => {
          const { curves, masks = null } = historyOf(history, id);
          return [curves?.get(lossCurve.metric), masks, detail.current()];
        },
        (loss, masks, close) => {
          const { facts, config, status } = run;
          const shown = withDetail(metricRun(run, id, curvesByName([loss])), close, lossCurve.metric);
          const groups = facts === null ? [] : facts.maskRows.length > 0 ? facts.maskRows : facts.groups;
          const shares = groups.length > 0 ? masks : null;
          const now = status === 'running' ? (loss?.ends.at(-1) ?? null) : null;
          const strip = { run: shown, groups, shares, coto: config.coto, now };
          return lossStripFigure(strip, { smoothing, logScale }, theme);
        },
      ),
    [run, id, history, detail, smoothing, logScale, theme],
  );
  return (
    <SourcedFigure
      source={source}
      height={height}
      name={lossCurve.title}
      hoverGroup={id}
      live={run.status === 'running'}
      onZoom={setZoom}
    />
  );
}
