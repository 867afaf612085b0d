import { useMemo, useState } from 'react';
import { spliceCurve } from '../../../src-shared/curves/splice-curve.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import {
  type CurveAxis,
  type MetricOptions,
  type MetricRun,
  metricFigure,
  stepsBehind,
} from '../../../src-shared/figures/index.ts';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import type { HistorySnapshot } from './history-feed.ts';
import { metricRuns } from './run-labels.ts';
import { useHistory } from './use-history.ts';
import { useDrawnRuns, useSameItems } from './use-unchanged.ts';
import { useVariantNames } from './use-variant-names.ts';

interface CurveFigureProps {
  runs: readonly RunRecord[];
  snapshot: HistorySnapshot;
  options: MetricOptions;
  height: number;
  name: string;
  /** Added to the figure's own caption. */
  note?: string;
  /** Figures of one group show where the pointer is over any of them. */
  hoverGroup?: string;
  onRunClick?: (runId: string) => void;
}

export interface Zoom {
  readonly metric: string;
  readonly x: CurveAxis;
  readonly from: number;
  readonly to: number;
}

/** A metric of one or several runs. Where it is zoomed into, that stretch is asked for in more detail. */
export function CurveFigure(props: CurveFigureProps) {
  const { runs: given, snapshot, options, height, name, note = '', hoverGroup, onRunClick } = props;
  const theme = useFigureTheme();
  const variants = useVariantNames();
  const [zoom, setZoom] = useState<Zoom | null>(null);
  const { metric, title, yTitle, smoothing = 0, x = 'step', logScale = false, factor = 1, nameEnds = true } = options;
  const runs = useDrawnRuns(given);
  const needed = x === 'time' ? [metric, 'step_milliseconds'] : [metric];
  const curves = useSameItems(runs.flatMap((run) => needed.map((name) => snapshot.runs.get(run.id)?.curves.get(name))));
  const series = useMemo(() => metricRuns(runs, snapshot.runs, variants), [runs, curves, variants]);
  const { buckets } = snapshot.query;
  const detail = useHistory(
    zoom !== null && zoom.metric === metric && zoom.x === x
      ? { ids: runs.map((run) => run.id), metrics: [metric], masks: false, from: zoom.from, to: zoom.to, buckets }
      : null,
  );
  const shown = useMemo(() => withDetail(series, detail, metric), [series, detail, metric]);
  const figure = useMemo(
    () => metricFigure(shown, { metric, title, yTitle, smoothing, x, logScale, factor, nameEnds }, theme),
    [shown, metric, title, yTitle, smoothing, x, logScale, factor, nameEnds, theme],
  );
  const clicks =
    onRunClick === undefined
      ? {}
      : {
          onPointClick: ({ customData }: { customData: unknown }) => {
            if (typeof customData === 'string') onRunClick(customData);
          },
        };
  return (
    <Figure
      figure={figure}
      height={height}
      name={name}
      caption={`${figure.caption}${note}`}
      onZoom={(range) => setZoom(range === null ? null : zoomOn(series, metric, x, range))}
      {...(hoverGroup === undefined ? {} : { hoverGroup })}
      {...clicks}
    />
  );
}

/** The steps of a stretch of the axis, out to the edges of the buckets that are drawn there; null where each value is drawn. */
export function zoomOn(
  series: readonly MetricRun[],
  metric: string,
  x: CurveAxis,
  range: readonly [number, number],
): Zoom | null {
  const width = Math.max(1, ...series.map((run) => run.curves.get(metric)?.width ?? 1));
  const steps = width === 1 ? null : stepsBehind(series, x, range);
  if (steps === null) return null;
  const from = Math.max(0, Math.floor(steps.from / width) - 1) * width;
  return { metric, x, from, to: (Math.floor(steps.to / width) + 2) * width - 1 };
}

export function withDetail(
  series: readonly MetricRun[],
  detail: HistorySnapshot | null,
  metric: string,
): readonly MetricRun[] {
  if (detail === null || !detail.query.metrics.includes(metric)) return series;
  const { from, to } = detail.query;
  return series.map((run) => {
    const whole = run.curves.get(metric);
    const close = detail.runs.get(run.id)?.curves.get(metric);
    if (!whole || !close || from === null || to === null) return run;
    return { ...run, curves: new Map([...run.curves, [metric, spliceCurve(whole, close, from, to)]]) };
  });
}
