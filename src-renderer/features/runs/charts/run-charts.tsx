import { Skeleton } from '@mantine/core';
import { type ReactNode, useMemo, useState } from 'react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { activationFigure, type MetricOptions, scheduleFigure } from '../../../../src-shared/figures/index.ts';
import { lossCurve, rewardCurves } from '../../../../src-shared/metrics/curves.ts';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { Figure } from '../../../plots/figure.tsx';
import { useFigureTheme } from '../../../plots/figure-theme.ts';
import { drawnEvaluations, noCurvesText } from '../page/evaluation-card.tsx';
import { ChartControls, type ChartView, initialView } from './chart-controls.tsx';
import classes from './charts.module.css';
import { CurveFigure } from './curve-figure.tsx';
import { groupHeatmap } from './figures.ts';
import type { HistorySnapshot } from './history-feed.ts';
import { stepTimeByShare, stepTimeFigure } from './step-time-figures.ts';
import { type HistorySource, useSnapshot } from './use-history.ts';
import { useChartHistory, useNormHistory } from './use-run-history.ts';

const chartHeight = 260;

/** Every curve of one run: what it learns, which adapters are on, what a step costs. */
export function RunCharts({ run }: { run: RunRecord }) {
  const [view, setView] = useState<ChartView>(initialView);
  const source = useChartHistory(run);
  const snapshot = useSnapshot(source);
  const history = snapshot?.runs.get(run.id);
  const norms = useNormHistory(run, history !== undefined);
  if (!snapshot || !history) return <Skeleton h={chartHeight} />;
  if (history.curves.size === 0) return <EmptyState>{noCurvesText(run.status)}</EmptyState>;
  return (
    <>
      <ChartControls view={view} onChange={setView} />
      <Charts run={run} source={source} snapshot={snapshot} norms={norms} view={view} />
    </>
  );
}

interface ChartsProps {
  /** The same until its figures change. */
  run: RunRecord;
  source: HistorySource;
  snapshot: HistorySnapshot;
  norms: HistorySnapshot | null;
  view: ChartView;
}

function Charts({ run, source, snapshot, norms, view }: ChartsProps) {
  const history = snapshot.runs.get(run.id);
  const { strip, heatmaps, times, timesByShare } = useFigures(run, snapshot, norms);
  const curve = (options: MetricOptions): ReactNode =>
    (history?.curves.get(options.metric)?.counts.length ?? 0) > 1 ? (
      <Card key={options.metric}>
        <CurveFigure run={run} history={source} options={{ x: view.x, ...options }} height={chartHeight} />
      </Card>
    ) : null;
  const figure = (found: Parameters<typeof Figure>[0]['figure'] | null, name: string, wide = false): ReactNode =>
    found ? (
      <Card key={name} wide={wide}>
        <Figure
          figure={found}
          name={name}
          height={wide ? 320 : chartHeight}
          hoverGroup={run.id}
          live={run.status === 'running'}
        />
      </Card>
    ) : null;
  return (
    <div className={classes['grid']}>
      {[lossCurve, ...rewardCurves].map((options) => curve({ ...options, ...view }))}
      {drawnEvaluations(history?.curves).map((options) => curve(options))}
      {figure(strip, 'Activation timeline', true)}
      {curve({ metric: 'learning_rate', title: 'Learning rate', yTitle: 'learning rate' })}
      {curve({ metric: 'grad_norm', title: 'Gradient norm', yTitle: 'L2 norm', ...view })}
      {figure(heatmaps.gradients, 'Gradient norm by layer')}
      {figure(heatmaps.weights, 'Weight norm by layer')}
      {figure(times, 'Step time')}
      {figure(timesByShare, 'Step time by active layers')}
      {curve({ metric: 'memory_bytes', title: 'Memory', yTitle: 'resident memory (MiB)', factor: 2 ** -20 })}
      {curve({
        metric: 'device_memory_bytes',
        title: 'GPU memory',
        yTitle: 'used by all programs (MiB)',
        factor: 2 ** -20,
      })}
      {curve({ metric: 'device_utilization', title: 'GPU utilization', yTitle: 'time computing (%)', factor: 100 })}
    </div>
  );
}

/** The figures that no `CurveFigure` draws; each is rebuilt only when its own data grow. */
function useFigures(run: RunRecord, snapshot: HistorySnapshot, norms: HistorySnapshot | null) {
  const theme = useFigureTheme();
  const { facts, config } = run;
  const { masks = null, curves } = snapshot.runs.get(run.id) ?? {};
  const normCurves = norms?.runs.get(run.id)?.curves;
  const coto = config.coto !== null;
  const strip = useMemo(() => {
    if (!facts || !masks) return null;
    const { groups, maskRows, totalSteps } = facts;
    const names = maskRows.length > 0 ? maskRows : groups;
    if (config.coto) return scheduleFigure({ settings: config.coto, totalSteps, groups: names, strip: masks }, theme);
    return activationFigure({ shares: masks, groups: names, totalSteps, fullActivationStep: null }, theme);
  }, [facts, masks, config.coto, theme]);
  const heatmaps = useMemo(() => {
    const of = (metric: 'grad_norm' | 'weight_norm', title: string) =>
      facts && normCurves && facts.groups.some((group) => normCurves.has(`${metric}/${group}`))
        ? groupHeatmap(normCurves, facts, { metric, title }, theme)
        : null;
    return {
      gradients: of('grad_norm', 'Gradient norm by layer'),
      weights: of('weight_norm', 'Weight norm by layer'),
    };
  }, [normCurves, facts, theme]);
  const timed = curves?.get('step_milliseconds');
  const shares = curves?.get('active_share');
  const times = useMemo(
    () => (facts && timed && timed.counts.length > 1 ? stepTimeFigure(timed, facts.totalSteps, coto, theme) : null),
    [timed, facts, coto, theme],
  );
  const timesByShare = useMemo(
    () => (timed ? stepTimeByShare(timed, shares, coto, theme) : null),
    [timed, shares, coto, theme],
  );
  return { strip, heatmaps, times, timesByShare };
}

/** The frame around a figure. */
export function Card({ wide = false, children }: { wide?: boolean; children: ReactNode }) {
  return <div className={`${classes['card']} ${wide ? classes['wide'] : ''}`}>{children}</div>;
}
