import { useMemo, useState } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { lossStripFigure, metricRun } from '../../../src-shared/figures/index.ts';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import type { ChartView } from './chart-controls.tsx';
import { withDetail, type Zoom, zoomOn } from './curve-figure.tsx';
import type { HistorySnapshot } from './history-feed.ts';
import { useHistory } from './use-history.ts';
import { useSameItems } from './use-unchanged.ts';

interface LossFigureProps {
  /** The same until its figures change. */
  run: RunRecord;
  snapshot: HistorySnapshot;
  view: ChartView;
  height: number;
}

/** The training loss over the adapters that were on, along one axis of steps. Where it is zoomed into, every value is asked for. */
export function LossFigure({ run, snapshot, view: { smoothing, logScale }, height }: LossFigureProps) {
  const theme = useFigureTheme();
  const [zoom, setZoom] = useState<Zoom | null>(null);
  const { id } = run;
  const { curves, masks = null } = snapshot.runs.get(id) ?? {};
  const drawn = useSameItems([curves?.get('loss'), masks]);
  const whole = useMemo(() => metricRun(run, id, curves), [run, drawn]);
  const { buckets } = snapshot.query;
  const detail = useHistory(
    zoom === null ? null : { ids: [id], metrics: ['loss'], masks: false, from: zoom.from, to: zoom.to, buckets },
  );
  const shown = useMemo(() => withDetail(whole, detail, 'loss'), [whole, detail]);
  const figure = useMemo(() => {
    const { facts, config, status } = run;
    const rows = facts === null ? [] : facts.maskRows.length > 0 ? facts.maskRows : facts.groups;
    const steps = shown.curves.get('loss')?.ends.at(-1);
    const now = status === 'running' && steps !== undefined ? steps : null;
    const shares = rows.length > 0 ? masks : null;
    return lossStripFigure(
      { run: shown, groups: rows, shares, coto: config.coto, now },
      { smoothing, logScale },
      theme,
    );
  }, [run, shown, drawn, smoothing, logScale, theme]);
  return (
    <Figure
      figure={figure}
      height={height}
      name="Training loss"
      hoverGroup={id}
      live={run.status === 'running'}
      onZoom={(range) => setZoom(range === null ? null : zoomOn(whole, 'loss', 'step', range))}
    />
  );
}
