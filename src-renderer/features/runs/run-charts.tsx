import { Skeleton } from '@mantine/core';
import { type ReactNode, useMemo, useState } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { activationFigure, type MetricOptions, scheduleFigure } from '../../../src-shared/figures/index.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { ChartControls, type ChartView, initialView } from './chart-controls.tsx';
import classes from './charts.module.css';
import { CurveFigure } from './curve-figure.tsx';
import { groupHeatmap, stepTimeOverShare } from './figures.ts';
import type { HistorySnapshot } from './history-feed.ts';
import { usePlotBuckets } from './plot-buckets.ts';
import { useHistory } from './use-history.ts';
import { useDrawnRuns } from './use-unchanged.ts';

const chartHeight = 260;

/** What evaluations are drawn by, as far as the task has it. */
const evaluationCurves: readonly MetricOptions[] = [
  { metric: 'eval_exact_match', title: 'Exact match', yTitle: 'exact match (%)', factor: 100 },
  { metric: 'eval_perplexity', title: 'Eval perplexity', yTitle: 'perplexity' },
  { metric: 'eval_pearson', title: 'Pearson correlation', yTitle: 'r' },
  { metric: 'eval_accuracy', title: 'Eval accuracy', yTitle: 'accuracy (%)', factor: 100 },
];
const curveMetrics = [
  'loss',
  'learning_rate',
  'grad_norm',
  'step_milliseconds',
  'active_share',
  ...evaluationCurves.map(({ metric }) => metric),
];
const groupBuckets = 512;

/** The live figures of one run: what it learns, which adapters are on, what a step costs. */
export function RunCharts({ run }: { run: RunRecord }) {
  const [view, setView] = useState<ChartView>(initialView);
  const buckets = usePlotBuckets(0.5);
  const ids = [run.id];
  const everything = { ids, from: null, to: null };
  const snapshot = useHistory({ ...everything, metrics: curveMetrics, masks: true, buckets });
  const history = snapshot?.runs.get(run.id);
  // By far the most values: asked for when the curves are there.
  const groups = useHistory(
    history ? { ...everything, metrics: ['grad_norm/'], masks: false, buckets: groupBuckets } : null,
  );
  if (!snapshot || !history) return <Skeleton h={chartHeight} />;
  if (history.curves.size === 0)
    return (
      <EmptyState>
        {run.status === 'queued'
          ? 'Curves appear when the run starts.'
          : run.status === 'running'
            ? 'The model and the data are being loaded; the curves start with the first step.'
            : 'No metrics: the run ended before its first step.'}
      </EmptyState>
    );
  return (
    <>
      <ChartControls view={view} onChange={setView} />
      <Charts run={run} snapshot={snapshot} groups={groups} view={view} />
    </>
  );
}

interface ChartsProps {
  run: RunRecord;
  snapshot: HistorySnapshot;
  groups: HistorySnapshot | null;
  view: ChartView;
}

function Charts({ run, snapshot, groups, view }: ChartsProps) {
  const theme = useFigureTheme();
  const history = snapshot.runs.get(run.id);
  const runs = useDrawnRuns([run]);
  const { facts, config } = runs[0] ?? run;
  const masks = history?.masks ?? null;
  const norms = groups?.runs.get(run.id)?.curves;
  const strip = useMemo(() => {
    if (!facts || !masks) return null;
    const { groups, maskRows, totalSteps } = facts;
    const names = maskRows.length > 0 ? maskRows : groups;
    if (config.coto) return scheduleFigure({ settings: config.coto, totalSteps, groups: names, strip: masks }, theme);
    return activationFigure({ shares: masks, groups: names, totalSteps, fullActivationStep: null }, theme);
  }, [facts, masks, config.coto, theme]);
  const heatmap = useMemo(
    () =>
      facts && norms && norms.size > 0
        ? groupHeatmap(norms, facts, { metric: 'grad_norm', title: 'Gradient norm by group' }, theme)
        : null,
    [norms, facts, theme],
  );
  const times = useMemo(
    () =>
      facts && history?.curves.has('step_milliseconds')
        ? stepTimeOverShare(history.curves, facts.totalSteps, config.coto !== null, theme)
        : null,
    [history, facts, config.coto, theme],
  );
  const curve = (options: MetricOptions): ReactNode =>
    history?.curves.has(options.metric) ? (
      <Card key={options.metric}>
        <CurveFigure
          runs={runs}
          snapshot={snapshot}
          options={{ x: view.x, ...options }}
          height={chartHeight}
          name={options.title}
        />
      </Card>
    ) : null;
  return (
    <div className={classes['grid']}>
      {curve({ metric: 'loss', title: 'Training loss', yTitle: 'loss (nats)', ...view })}
      {evaluationCurves.map((options) =>
        // The accuracy of a language model is that of its tokens.
        curve(
          options.metric === 'eval_accuracy' && history?.curves.has('eval_perplexity')
            ? { ...options, title: 'Token accuracy' }
            : options,
        ),
      )}
      {strip ? (
        <Card wide>
          <Figure figure={strip} name="Activation timeline" height={config.coto ? 320 : chartHeight} />
        </Card>
      ) : null}
      {times ? (
        <Card>
          <Figure figure={times} name="Step time" height={chartHeight} />
        </Card>
      ) : null}
      {curve({ metric: 'learning_rate', title: 'Learning rate', yTitle: 'learning rate' })}
      {curve({ metric: 'grad_norm', title: 'Gradient norm', yTitle: 'L2 norm', ...view })}
      {heatmap ? (
        <Card>
          <Figure figure={heatmap} name="Gradient norm by group" height={chartHeight} />
        </Card>
      ) : null}
    </div>
  );
}

/** The frame around a figure. */
function Card({ wide = false, children }: { wide?: boolean; children: ReactNode }) {
  return <div className={`${classes['card']} ${wide ? classes['wide'] : ''}`}>{children}</div>;
}
