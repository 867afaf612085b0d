import type { MetricRow } from '../domain/run.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from './figure.ts';
import { axis, baseLayout, type LineEnd, legendAbove, legendMargin, lineEnds, marginFor } from './layout.ts';
import { faded, runStyles } from './palette.ts';

export interface MetricRun {
  readonly id: string;
  readonly label: string;
  /** Runs of one group share a color, e.g. all seeds of one config: "LoRA + CoTo". */
  readonly group: string;
  readonly coto: boolean;
  readonly variant: string;
  readonly totalSteps: number;
  /** Batch × accumulation, for the axis of examples. */
  readonly examplesPerStep: number;
  /** All metrics of the run or just the needed ones (the axis of time needs step_milliseconds). */
  readonly rows: readonly MetricRow[];
}

export interface MetricOptions {
  /** Name of the metric, e.g. loss, eval_accuracy. */
  readonly metric: string;
  readonly title: string;
  readonly yTitle: string;
  /** Weight of the past in the moving average, 0 (off) up to below 1. The raw curve stays, faint. */
  readonly smoothing?: number;
  readonly x?: 'step' | 'time' | 'examples';
  readonly logScale?: boolean;
  /** Multiplies the values: 100 shows shares in per cent. */
  readonly factor?: number;
}

/** Training loss of one or several runs. */
export function lossFigure(
  runs: readonly MetricRun[],
  theme: FigureTheme,
  options: Pick<MetricOptions, 'smoothing' | 'x' | 'logScale'> = {},
): Figure {
  return metricFigure(runs, { metric: 'loss', title: 'Training loss', yTitle: 'loss (nats)', ...options }, theme);
}

/**
 * Any metric of one or several runs over steps, time or examples. `customdata` of every point is the run's id. The x axis
 * reaches to the planned end from the start, so that nothing jumps while a run goes on.
 */
export function metricFigure(runs: readonly MetricRun[], options: MetricOptions, theme: FigureTheme): Figure {
  const smoothing = options.smoothing ?? 0;
  const styles = runStyles(runs);
  const data: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const named = new Set<string>();
  const values: number[] = [];
  let plannedEnd = 0;
  for (const run of runs) {
    const style = styles.get(run.group);
    if (style === undefined) continue;
    const curve = points(run, options);
    plannedEnd = Math.max(plannedEnd, curve.plannedEnd);
    values.push(...curve.y);
    const line = { color: style.color, width: 1.8, dash: style.dash };
    const common: FigureObject = {
      type: 'scatter',
      name: plainText(run.label),
      x: curve.x,
      customdata: curve.x.map(() => run.id),
    };
    const sparse = curve.x.length < 40;
    if (smoothing > 0 && curve.x.length > 1)
      data.push({
        ...common,
        y: curve.y,
        mode: 'lines',
        line: { color: faded(style.color, 0.28), width: 1 },
        hoverinfo: 'skip',
      });
    const shown = smoothing > 0 ? smooth(curve.y, smoothing) : curve.y;
    data.push({
      ...common,
      y: shown,
      mode: sparse ? 'lines+markers' : 'lines',
      line,
      marker: { color: style.color, size: 5 },
      // A single evaluation at the end stands on the figure's edge.
      cliponaxis: false,
      hovertemplate: '%{y:.4g}',
    });
    const lastX = curve.x.at(-1);
    const lastY = shown.at(-1);
    if (!named.has(run.group) && lastX !== undefined && lastY !== undefined) {
      named.add(run.group);
      const y = options.logScale ? Math.log10(lastY) : lastY;
      ends.push({ label: run.group, style, x: lastX, y });
    }
  }
  const atEnds = ends.length <= 6;
  return {
    data,
    layout: baseLayout(theme, options.title, {
      margin: { l: 56, r: atEnds ? marginFor(ends.map((end) => end.label)) : 24, t: atEnds ? 44 : legendMargin, b: 48 },
      showlegend: !atEnds,
      legend: legendAbove(theme),
      xaxis: axis(theme, xTitle(options.x ?? 'step'), plannedEnd > 0 ? { range: [0, plannedEnd] } : {}),
      yaxis: axis(theme, options.yTitle, options.logScale ? { type: 'log' } : {}),
      annotations: atEnds ? lineEnds(theme, ends, extent(values, options.logScale ?? false)) : [],
    }),
    caption:
      smoothing > 0
        ? `Strong lines: moving average with weight ${smoothing} on the past; faint lines: every value.`
        : 'Every recorded value is drawn.',
  };
}

function points(run: MetricRun, options: MetricOptions): { x: number[]; y: number[]; plannedEnd: number } {
  const factor = options.factor ?? 1;
  const rows = run.rows
    .filter((row) => row.name === options.metric && Number.isFinite(row.value))
    .sort((first, second) => first.step - second.step);
  const y = rows.map((row) => row.value * factor);
  if (options.x === 'examples')
    return {
      x: rows.map((row) => (row.step + 1) * run.examplesPerStep),
      y,
      plannedEnd: run.totalSteps * run.examplesPerStep,
    };
  if (options.x === 'time') {
    const clock = elapsedSeconds(run);
    return { x: rows.map((row) => clock.at(row.step)), y, plannedEnd: clock.at(run.totalSteps - 1) };
  }
  return { x: rows.map((row) => row.step), y, plannedEnd: run.totalSteps };
}

/** Seconds from the start to the end of a step, by its recorded step times; beyond them the mean step time goes on. */
function elapsedSeconds(run: MetricRun): { at(step: number): number } {
  const times = run.rows.filter((row) => row.name === 'step_milliseconds').sort((a, b) => a.step - b.step);
  const cumulated: { step: number; seconds: number }[] = [{ step: -1, seconds: 0 }];
  for (const time of times) {
    const previous = cumulated.at(-1) ?? { step: -1, seconds: 0 };
    // Where only every n-th step is logged, its time stands for the steps before it too.
    cumulated.push({ step: time.step, seconds: previous.seconds + ((time.step - previous.step) * time.value) / 1000 });
  }
  const last = cumulated.at(-1) ?? { step: -1, seconds: 0 };
  const perStep = last.step >= 0 ? last.seconds / (last.step + 1) : 0;
  return {
    at(step) {
      const index = cumulated.findIndex((entry) => entry.step >= step);
      if (index < 0) return last.seconds + (step - last.step) * perStep;
      const after = cumulated[index] ?? last;
      const before = cumulated[index - 1] ?? { step: -1, seconds: 0 };
      if (after.step === before.step) return after.seconds;
      return before.seconds + ((after.seconds - before.seconds) * (step - before.step)) / (after.step - before.step);
    },
  };
}

/** Exponential moving average, corrected for its start (as Adam's moments are): the first value is the first value. */
export function smooth(values: readonly number[], weight: number): number[] {
  let sum = 0;
  let norm = 0;
  return values.map((value) => {
    sum = weight * sum + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}

function extent(values: readonly number[], logScale: boolean): [number, number] {
  const shown = logScale ? values.filter((value) => value > 0).map(Math.log10) : values;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of shown) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low < high ? [low, high] : [low - 1, low + 1];
}

function xTitle(x: 'step' | 'time' | 'examples'): string {
  return { step: 'optimizer step', time: 'training time (s)', examples: 'examples seen' }[x];
}
