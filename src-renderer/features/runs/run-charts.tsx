import { Skeleton } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import {
  activationFigure,
  lossFigure,
  type MetricOptions,
  metricFigure,
  scheduleFigure,
} from '../../../src-shared/figures/index.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { ChartControls, type ChartView, initialView } from './chart-controls.tsx';
import classes from './charts.module.css';
import { groupHeatmap, stepTimeOverShare } from './figures.ts';
import type { RunHistory } from './history.ts';
import { metricRuns } from './run-labels.ts';
import { useVariantNames } from './use-variant-names.ts';

const chartHeight = 260;

/** What evaluations are drawn by, as far as the task has it. */
const evaluationCurves: readonly MetricOptions[] = [
  { metric: 'eval_accuracy', title: 'Test accuracy', yTitle: 'accuracy (%)', factor: 100 },
  { metric: 'eval_perplexity', title: 'Test perplexity', yTitle: 'perplexity' },
  { metric: 'eval_pearson', title: 'Pearson correlation', yTitle: 'r' },
];

/** The live figures of one run: what it learns, which adapters are on, what a step costs. */
export function RunCharts({ run, history }: { run: RunRecord; history: RunHistory }) {
  const [view, setView] = useState<ChartView>(initialView);
  if (!history.loaded) return <Skeleton h={chartHeight} />;
  if (history.rows.length === 0)
    return (
      <EmptyState>
        {run.status === 'queued'
          ? 'Its curves appear here as soon as it starts: it waits for the jobs before it.'
          : run.status === 'running'
            ? 'The model and the data are being loaded; the curves start with the first step.'
            : 'It ended before its first step, so there are no curves.'}
      </EmptyState>
    );
  return (
    <>
      <ChartControls view={view} onChange={setView} />
      <Charts run={run} history={history} view={view} />
    </>
  );
}

function Charts({ run, history, view }: { run: RunRecord; history: RunHistory; view: ChartView }) {
  const theme = useFigureTheme();
  const variants = useVariantNames();
  const { rows, masks } = history;
  const { facts, config } = run;
  const series = useMemo(() => metricRuns([run], new Map([[run.id, history]]), variants), [run, history, variants]);
  const has = useMemo(() => new Set(rows.map((row) => row.name)), [rows]);
  const loss = useMemo(() => lossFigure(series, theme, view), [series, theme, view]);
  const curve = (options: MetricOptions) => metricFigure(series, options, theme);
  const plain = { x: view.x, smoothing: 0 };
  const evaluations = useMemo(
    () =>
      evaluationCurves
        .filter(({ metric }) => has.has(metric))
        .map(({ title, ...options }) => ({ title, figure: curve({ title, ...options, ...plain }) })),
    [series, theme, view.x, has],
  );
  const rate = useMemo(
    () => curve({ metric: 'learning_rate', title: 'Learning rate', yTitle: 'learning rate', ...plain }),
    [series, theme, view.x],
  );
  const strip = useMemo(() => {
    if (!facts || !masks) return null;
    const { groups, totalSteps } = facts;
    if (config.coto) return scheduleFigure({ settings: config.coto, totalSteps, groups, strip: masks }, theme);
    return activationFigure({ masks, groups, totalSteps, fullActivationStep: null }, theme);
  }, [facts, masks, config.coto, theme]);
  const norms = useMemo(
    () => (facts ? groupHeatmap(rows, facts, { metric: 'grad_norm', title: 'Gradient norm by group' }, theme) : null),
    [rows, facts, theme],
  );
  const times = useMemo(
    () => (facts ? stepTimeOverShare(rows, facts.totalSteps, config.coto !== null, theme) : null),
    [rows, facts, config.coto, theme],
  );
  const grad = useMemo(
    () => curve({ metric: 'grad_norm', title: 'Gradient norm', yTitle: 'L2 norm', ...view }),
    [series, theme, view],
  );
  const perGroup = [...has].some((name) => name.startsWith('grad_norm/'));
  return (
    <div className={classes['grid']}>
      <Chart figure={loss} name="Training loss" />
      {evaluations.map(({ title, figure }) => (
        <Chart key={title} figure={figure} name={title} />
      ))}
      {strip ? <Chart figure={strip} name="Activation timeline" height={config.coto ? 320 : chartHeight} wide /> : null}
      {times && has.has('step_milliseconds') ? <Chart figure={times} name="Step time" /> : null}
      {has.has('learning_rate') ? <Chart figure={rate} name="Learning rate" /> : null}
      {has.has('grad_norm') ? <Chart figure={grad} name="Gradient norm" /> : null}
      {norms && perGroup ? <Chart figure={norms} name="Gradient norm by group" /> : null}
    </div>
  );
}

interface ChartProps {
  figure: Parameters<typeof Figure>[0]['figure'] & { caption: string };
  name: string;
  height?: number;
  wide?: boolean;
}

/** A figure in its card. */
export function Chart({ figure, name, height = chartHeight, wide = false }: ChartProps) {
  return (
    <div className={`${classes['card']} ${wide ? classes['wide'] : ''}`}>
      <Figure figure={figure} height={height} name={name} caption={figure.caption} />
    </div>
  );
}
