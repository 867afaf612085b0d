import { useMemo, useState } from 'react';
import { spliceCurve } from '../../../../src-shared/curves/splice-curve.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import type { Curve } from '../../../../src-shared/domain/runs/run-history.ts';
import {
  type CurveAxis,
  type MetricOptions,
  type MetricRun,
  metricFigure,
  metricRun,
  stepsBehind,
} from '../../../../src-shared/figures/index.ts';
import { SourcedFigure } from '../../../plots/figure.tsx';
import { growingFigure } from '../../../plots/figure-source.ts';
import { useFigureTheme } from '../../../plots/figure-theme.ts';
import type { HistoryQuery, HistorySnapshot } from './history-feed.ts';
import { type HistorySource, historyOf, useHistorySource } from './use-history.ts';

interface CurveFigureProps {
  /** The same until its figures change. */
  run: RunRecord;
  history: HistorySource;
  options: MetricOptions;
  height: number;
}

export interface Zoom {
  readonly metric: string;
  readonly x: CurveAxis;
  readonly from: number;
  readonly to: number;
}

/** A metric of a run. Zooming in requests that range in more detail. */
export function CurveFigure({ run, history, options, height }: CurveFigureProps) {
  const theme = useFigureTheme();
  const { metric, title, yTitle, smoothing = 0, x = 'step', logScale = false, factor = 1, valuesOf } = options;
  const { id } = run;
  const { detail, setZoom } = useDetail(run, history, metric, x);
  const source = useMemo(
    () =>
      growingFigure(
        [history, detail.source],
        () => {
          const { curves } = historyOf(history, id);
          const clock = x === 'time' ? curves?.get('step_milliseconds') : undefined;
          return [curves?.get(metric), clock, detail.current()];
        },
        (curve, clock, close) => {
          const whole = metricRun(run, id, curvesByName([curve, clock]));
          const shown = withDetail(whole, close, metric);
          return metricFigure(
            [shown],
            {
              ...{ metric, title, yTitle, smoothing, x, logScale, factor, nameEnds: false },
              ...(valuesOf && { valuesOf }),
            },
            theme,
          );
        },
      ),
    [run, id, history, detail, metric, title, yTitle, smoothing, x, logScale, factor, valuesOf, theme],
  );
  return (
    <SourcedFigure
      source={source}
      height={height}
      name={title}
      hoverGroup={id}
      live={run.status === 'running'}
      onZoom={setZoom}
    />
  );
}

export function curvesByName(curves: readonly (Curve | undefined)[]): ReadonlyMap<string, Curve> {
  return new Map(curves.flatMap((curve) => (curve ? [[curve.metric, curve]] : [])));
}

interface Detail {
  readonly source: HistorySource;
  /** Returns the detailed data of the zoomed range; null without a zoom. */
  readonly current: () => HistorySnapshot | null;
}

/** The stretch of a curve that is zoomed into, in as many points as the whole has. */
export function useDetail(
  run: RunRecord,
  history: HistorySource,
  metric: string,
  x: CurveAxis,
): { detail: Detail; setZoom: (range: readonly [number, number] | null) => void } {
  const [zoom, setZoom] = useState<{ of: Zoom; query: HistoryQuery } | null>(null);
  const isOn = zoom !== null && zoom.of.metric === metric && zoom.of.x === x;
  const source = useHistorySource(isOn ? zoom.query : null);
  const detail = useMemo(() => ({ source, current: () => (isOn ? source.getState().snapshot : null) }), [source, isOn]);
  const { id } = run;
  const zoomTo = (range: readonly [number, number] | null) => {
    const { snapshot } = history.getState();
    const whole = metricRun(run, id, snapshot?.runs.get(id)?.curves);
    const of = range && snapshot && zoomOn(whole, metric, x, range);
    if (!of) setZoom(null);
    else {
      const { from, to } = of;
      setZoom({ of, query: { ids: [id], metrics: [metric], masks: false, from, to, buckets: snapshot.query.buckets } });
    }
  };
  return { detail, setZoom: zoomTo };
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
