import { Skeleton, Text } from '@mantine/core';
import { memo, useMemo, useState } from 'react';
import { groupCurvesCaption, groupCurvesFigure } from '../../../../src-shared/figures/group-curves.ts';
import type { MetricRun } from '../../../../src-shared/figures/index.ts';
import { type CurveMetric, curveMetrics } from '../../../../src-shared/metrics/curves.ts';
import { navigate, pathOf } from '../../../app/routes.tsx';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { Figure } from '../../../plots/figure.tsx';
import { useFigureTheme } from '../../../plots/figure-theme.ts';
import { compareStrings } from '../../../strings/compare.ts';
import { ChartControls, type ChartView, initialView } from '../charts/chart-controls.tsx';
import type { HistorySnapshot } from '../charts/history-feed.ts';
import { usePlotBuckets } from '../charts/plot-buckets.ts';
import { useHistory } from '../charts/use-history.ts';
import { useSameItems } from '../use-unchanged.ts';
import classes from './comparison.module.css';
import type { Comparison } from './use-comparison.ts';

const chartHeight = 240;
/** Figures beside the table: the loss and how it is evaluated. */
const briefCount = 2;
/** Maximum number of runs whose curves are drawn: more are neither told apart nor drawn in time. */
const maxDrawn = 30;
const metricNames = curveMetrics.map(({ metric }) => metric);

/** Small figures of every metric that the runs share, with one scale of steps, time or examples. */
export function CompareCurves({ comparison, brief }: { comparison: Comparison; brief: boolean }) {
  const [view, setView] = useState(initialView);
  const { series: all, examples, isLive } = comparison;
  const series = useMemo(() => evenSample(all, maxDrawn), [all]);
  const snapshot = useHistory({
    ids: series.map(({ id }) => id),
    metrics: metricNames,
    masks: false,
    from: null,
    to: null,
    buckets: usePlotBuckets(0.33),
  });
  if (snapshot === null) return <Skeleton h={chartHeight} />;
  const { shared, notShared, once } = sharedMetrics(snapshot, series);
  if (shared.length === 0 && once.length === 0) return <EmptyState>{compareStrings.noCurves}</EmptyState>;
  const titles = (metrics: readonly CurveMetric[]) => metrics.map(({ title }) => title).join(', ');
  return (
    <>
      <ChartControls view={view} onChange={setView} />
      <section className={classes['grid']} aria-label={compareStrings.curves}>
        {shared.slice(0, brief ? briefCount : undefined).map((metric) => (
          <GroupCurves
            key={metric.metric}
            metric={metric}
            series={series}
            examples={examples}
            isLive={isLive}
            snapshot={snapshot}
            view={view}
          />
        ))}
      </section>
      {series.length < all.length ? <Text size="xs">{compareStrings.sampled(series.length, all.length)}</Text> : null}
      <Text c="dimmed" size="xs">
        {groupCurvesCaption(seedsOf(series), view.smoothing)} {compareStrings.unsmoothed}
      </Text>
      {brief || once.length === 0 ? null : (
        <Text c="dimmed" size="xs">
          {compareStrings.once(titles(once))}
        </Text>
      )}
      {brief || notShared.length === 0 ? null : (
        <Text c="dimmed" size="xs">
          {compareStrings.notShared(titles(notShared))}
        </Text>
      )}
    </>
  );
}

/** At most `most` runs in their order: the first of each group, then the second of each, and so on. */
export function evenSample<Run extends Pick<MetricRun, 'group'>>(runs: readonly Run[], most: number): readonly Run[] {
  if (runs.length <= most) return runs;
  const before = new Map<string, number>();
  const rounds = runs.map((run, at) => {
    const round = before.get(run.group) ?? 0;
    before.set(run.group, round + 1);
    return { at, round };
  });
  const kept = rounds.sort((one, other) => one.round - other.round || one.at - other.at).slice(0, most);
  const places = new Set(kept.map(({ at }) => at));
  return runs.filter((_, at) => places.has(at));
}

/** The number of runs of each group. */
function seedsOf(series: readonly MetricRun[]): number[] {
  const counts = new Map<string, number>();
  for (const { group } of series) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts.values()];
}

interface GroupCurvesProps {
  metric: CurveMetric;
  series: readonly MetricRun[];
  examples: number;
  isLive: boolean;
  snapshot: HistorySnapshot;
  view: ChartView;
}

/** One metric of all groups; redrawn only when one of its own curves has grown. */
const GroupCurves = memo(function GroupCurves(props: GroupCurvesProps) {
  const { metric, series, examples, isLive, snapshot, view } = props;
  const theme = useFigureTheme();
  const needed = view.x === 'time' ? [metric.metric, 'step_milliseconds'] : [metric.metric];
  const curves = useSameItems(
    series.flatMap(({ id }) => needed.map((name) => snapshot.runs.get(id)?.curves.get(name))),
  );
  const figure = useMemo(
    () =>
      groupCurvesFigure(
        series.map((run) => ({ ...run, curves: snapshot.runs.get(run.id)?.curves ?? run.curves })),
        { ...metric, ...view, ...(Number.isFinite(examples) ? { examples } : {}) },
        theme,
      ),
    [series, curves, metric, examples, view, theme],
  );
  return (
    <div className={classes['card']}>
      <Figure
        figure={figure}
        height={chartHeight}
        name={metric.title}
        caption=""
        hoverGroup="comparison"
        live={isLive}
        onPointClick={({ customData }) => {
          if (typeof customData === 'string') navigate(pathOf('runs', customData));
        }}
      />
    </div>
  );
});

interface SharedMetrics {
  /** Every run that has begun has a curve of it. */
  readonly shared: readonly CurveMetric[];
  readonly notShared: readonly CurveMetric[];
  /** Shared, but a single value of each run: a number, not a curve. */
  readonly once: readonly CurveMetric[];
}

/** Lists the metrics that can be compared. A run that has not begun yet keeps none back. */
export function sharedMetrics(
  { runs }: Pick<HistorySnapshot, 'runs'>,
  series: readonly Pick<MetricRun, 'id'>[],
): SharedMetrics {
  const begun = series.flatMap(({ id }) => {
    const curves = runs.get(id)?.curves;
    return curves && curves.size > 0 ? [curves] : [];
  });
  const recorded = curveMetrics.filter(({ metric }) => begun.some((curves) => curves.has(metric)));
  const byAll = recorded.filter(({ metric }) => begun.every((curves) => curves.has(metric)));
  const isOnce = ({ metric }: CurveMetric) => begun.every((curves) => curves.get(metric)?.counts.length === 1);
  return {
    shared: byAll.filter((metric) => !isOnce(metric)),
    notShared: recorded.filter((metric) => !byAll.includes(metric)),
    once: byAll.filter(isOnce),
  };
}
