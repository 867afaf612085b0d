import { useMemo, useState } from 'react';
import { spliceCurve } from '../../../src-shared/curves/splice-curve.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import {
  type CurveAxis,
  type MetricOptions,
  type MetricRun,
  metricFigure,
  metricRun,
  stepsBehind,
} from '../../../src-shared/figures/index.ts';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import type { HistorySnapshot } from './history-feed.ts';
import { useHistory } from './use-history.ts';
import { useSameItems } from './use-unchanged.ts';

interface CurveFigureProps {
  /** The same until its figures change. */
  run: RunRecord;
  snapshot: HistorySnapshot;
  options: MetricOptions;
  height: number;
}

export interface Zoom {
  readonly metric: string;
  readonly x: CurveAxis;
  readonly from: number;
  readonly to: number;
}

/** A metric of a run. Where it is zoomed into, that stretch is asked for in more detail. */
export function CurveFigure({ run, snapshot, options, height }: CurveFigureProps) {
  const theme = useFigureTheme();
  const [zoom, setZoom] = useState<Zoom | null>(null);
  const { metric, title, yTitle, smoothing = 0, x = 'step', logScale = false, factor = 1 } = options;
  const { id } = run;
  const known = snapshot.runs.get(id)?.curves;
  const needed = x === 'time' ? [metric, 'step_milliseconds'] : [metric];
  const curves = useSameItems(needed.map((name) => known?.get(name)));
  const whole = useMemo(() => metricRun(run, id, known), [run, curves]);
  const { buckets } = snapshot.query;
  const detail = useHistory(
    zoom !== null && zoom.metric === metric && zoom.x === x
      ? { ids: [id], metrics: [metric], masks: false, from: zoom.from, to: zoom.to, buckets }
      : null,
  );
  const shown = useMemo(() => withDetail(whole, detail, metric), [whole, detail, metric]);
  const figure = useMemo(
    () => metricFigure([shown], { metric, title, yTitle, smoothing, x, logScale, factor, nameEnds: false }, theme),
    [shown, metric, title, yTitle, smoothing, x, logScale, factor, theme],
  );
  return (
    <Figure
      figure={figure}
      height={height}
      name={title}
      hoverGroup={id}
      live={run.status === 'running'}
      onZoom={(range) => setZoom(range === null ? null : zoomOn(whole, metric, x, range))}
    />
  );
}

/** The steps of a stretch of the axis, out to the edges of the buckets that are drawn there; null where each value is drawn. */
export function zoomOn(run: MetricRun, metric: string, x: CurveAxis, range: readonly [number, number]): Zoom | null {
  const width = run.curves.get(metric)?.width ?? 1;
  const steps = width === 1 ? null : stepsBehind([run], x, range);
  if (steps === null) return null;
  const from = Math.max(0, Math.floor(steps.from / width) - 1) * width;
  return { metric, x, from, to: (Math.floor(steps.to / width) + 2) * width - 1 };
}

export function withDetail(run: MetricRun, detail: HistorySnapshot | null, metric: string): MetricRun {
  if (detail === null || !detail.query.metrics.includes(metric)) return run;
  const { from, to } = detail.query;
  const whole = run.curves.get(metric);
  const close = detail.runs.get(run.id)?.curves.get(metric);
  if (!whole || !close || from === null || to === null) return run;
  return { ...run, curves: new Map([...run.curves, [metric, spliceCurve(whole, close, from, to)]]) };
}
