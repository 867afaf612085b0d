import { useMemo, useState } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { lossStripFigure } from '../../../src-shared/figures/index.ts';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import type { ChartView } from './chart-controls.tsx';
import { withDetail, type Zoom, zoomOn } from './curve-figure.tsx';
import type { HistorySnapshot } from './history-feed.ts';
import { metricRuns } from './run-labels.ts';
import { useHistory } from './use-history.ts';
import { useSameItems } from './use-unchanged.ts';
import { useVariantNames } from './use-variant-names.ts';

interface LossFigureProps {
  /** One run, the same list until its figures change. */
  runs: readonly RunRecord[];
  snapshot: HistorySnapshot;
  view: ChartView;
  height: number;
}

/** The training loss over the adapters that were on, along one axis of steps. Where it is zoomed into, every value is asked for. */
export function LossFigure({ runs, snapshot, view: { smoothing, logScale }, height }: LossFigureProps) {
  const theme = useFigureTheme();
  const variants = useVariantNames();
  const [zoom, setZoom] = useState<Zoom | null>(null);
  const [run] = runs;
  const { curves, masks = null } = (run && snapshot.runs.get(run.id)) ?? {};
  const drawn = useSameItems([curves?.get('loss'), masks]);
  const series = useMemo(() => metricRuns(runs, snapshot.runs, variants), [runs, drawn, variants]);
  const { buckets } = snapshot.query;
  const detail = useHistory(
    zoom === null
      ? null
      : { ids: runs.map(({ id }) => id), metrics: ['loss'], masks: false, from: zoom.from, to: zoom.to, buckets },
  );
  const shown = useMemo(() => withDetail(series, detail, 'loss'), [series, detail]);
  const figure = useMemo(() => {
    const [one] = shown;
    if (run === undefined || one === undefined) return null;
    const { facts, config, status } = run;
    const rows = facts === null ? [] : facts.maskRows.length > 0 ? facts.maskRows : facts.groups;
    const steps = one.curves.get('loss')?.ends.at(-1);
    const now = status === 'running' && steps !== undefined ? steps : null;
    const shares = rows.length > 0 ? masks : null;
    return lossStripFigure({ run: one, groups: rows, shares, coto: config.coto, now }, { smoothing, logScale }, theme);
  }, [run, shown, drawn, smoothing, logScale, theme]);
  if (figure === null) return null;
  return (
    <Figure
      figure={figure}
      height={height}
      name="Training loss"
      hoverGroup={run?.id ?? ''}
      onZoom={(range) => setZoom(range === null ? null : zoomOn(series, 'loss', 'step', range))}
    />
  );
}
