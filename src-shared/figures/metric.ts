import type { Curve } from '../domain/runs/run-history.ts';
import { lossCurve } from '../metrics/curves.ts';
import { hoverFormat } from '../metrics/index.ts';
import { evaluatedMetric } from '../metrics/recorded.ts';
import { evaluationRange } from './evaluation-range.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from './figure.ts';
import { axis, baseLayout, type LineEnd, legendAbove, legendMargin, lineEnds, marginFor } from './layout.ts';
import { faded, runStyles, type SeriesStyle } from './palette.ts';

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
  /** Curves by metric: all of the run's or only those needed (the time axis needs step_milliseconds). */
  readonly curves: ReadonlyMap<string, Curve>;
}

export type CurveAxis = 'step' | 'time' | 'examples';

export interface MetricOptions {
  /** Name of the metric, e.g. loss, eval_accuracy. */
  readonly metric: string;
  readonly title: string;
  readonly yTitle: string;
  /**
   * Weight of the past in the moving average, 0 (off) up to below 1. The raw curve stays, faint. Evaluations (eval_…)
   * are never smoothed: each is a result of its own.
   */
  readonly smoothing?: number;
  readonly x?: CurveAxis;
  readonly logScale?: boolean;
  /** Multiplies the values: 100 shows shares in per cent. */
  readonly factor?: number;
  /** Id of the metric whose digits tooltips show; default: four significant figures. */
  readonly valuesOf?: string;
  /** Evaluated examples behind an accuracy: its axis is not so narrow that their noise would look like an effect. */
  readonly examples?: number;
  /** false: the curves' names are not written at their ends, as of one run on its own page. */
  readonly nameEnds?: boolean;
}

/** Training loss of one or several runs. */
export function lossFigure(
  runs: readonly MetricRun[],
  theme: FigureTheme,
  options: Pick<MetricOptions, 'smoothing' | 'x' | 'logScale' | 'nameEnds'> = {},
): Figure {
  return metricFigure(runs, { ...lossCurve, ...options }, theme);
}

/**
 * Any metric of one or several runs over steps, time or examples. `customdata` of every point is the run's id. The x
 * axis spans the planned length from the start, so that nothing jumps while a run goes on.
 */
export function metricFigure(runs: readonly MetricRun[], options: MetricOptions, theme: FigureTheme): Figure {
  const smoothing = isEvaluation(options.metric) ? 0 : (options.smoothing ?? 0);
  const styles = runStyles(runs, theme);
  const data: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const named = new Set<string>();
  const values: number[] = [];
  let plannedEnd = 0;
  let widest = 1;
  const isNamed = options.nameEnds ?? true;
  // A live figure is made again with each point: what its axes are not ranged by is not gathered.
  const needsValues = isNamed || isEvaluation(options.metric);
  for (const run of runs) {
    const style = styles.get(run.group);
    if (style === undefined) continue;
    const curve = points(run, options);
    plannedEnd = Math.max(plannedEnd, curve.plannedEnd);
    widest = Math.max(widest, curve.width);
    if (needsValues) values.push(...curve.low, ...curve.high);
    const line = { color: style.color, width: 1.8, dash: style.dash };
    const name = plainText(run.label);
    if (curve.x.length > 1 && curve.width > 1) data.push(...extremes(curve, name, style));
    else if (curve.x.length > 1 && smoothing > 0)
      data.push({
        type: 'scatter',
        name,
        x: curve.x,
        y: curve.y,
        mode: 'lines',
        line: { color: faded(style.color, 0.28), width: 1 },
        hoverinfo: 'skip',
      });
    const shown = smoothing > 0 ? smooth(curve.y, smoothing, curve.counts) : curve.y;
    data.push({
      type: 'scatter',
      name,
      x: curve.x,
      customdata: curve.x.map(() => run.id),
      y: shown,
      mode: curve.x.length < 40 ? 'lines+markers' : 'lines',
      line,
      marker: { color: style.color, size: 5 },
      // A single evaluation at the end lies on the figure's edge.
      cliponaxis: false,
      hovertemplate: hoverValue(options),
    });
    const lastX = curve.x.at(-1);
    const lastY = shown.at(-1);
    if (!named.has(run.group) && lastX !== undefined && lastY !== undefined) {
      named.add(run.group);
      const y = options.logScale ? Math.log10(lastY) : lastY;
      ends.push({ label: run.group, style, x: lastX, y });
    }
  }
  const atEnds = isNamed && ends.length <= 6;
  return {
    hover: options.x ?? 'step',
    data,
    layout: baseLayout(theme, options.title, {
      margin: {
        l: 56,
        r: atEnds ? marginFor(ends.map((end) => end.label)) : 24,
        t: atEnds || !isNamed ? 44 : legendMargin,
        b: 48,
      },
      showlegend: !atEnds && isNamed,
      legend: legendAbove(theme),
      ...curveAxes(theme, options, plannedEnd, values),
      annotations: atEnds ? lineEnds(theme, ends, extent(values, options.logScale ?? false)) : [],
    }),
    caption: caption(smoothing, widest),
  };
}

/** Plotly's template of a value in tooltips, which have the unit from the title of the axis. */
export function hoverValue({ valuesOf }: MetricOptions, name = 'y'): string {
  return `%{${name}:${valuesOf === undefined ? '.4g' : hoverFormat(valuesOf)}}`;
}

/** Returns true if each value of a metric is a result of its own, which a moving average would distort. */
export function isEvaluation(metric: string): boolean {
  return evaluatedMetric(metric) !== null;
}

function caption(smoothing: number, width: number): string {
  const average = smoothing > 0 ? `EMA ${smoothing}` : '';
  if (width === 1) return average === '' ? '' : `${average} (raw values faint).`;
  return `${average === '' ? 'Line: mean' : average}; band: lowest to highest value of every ${width} steps. Zoom in for each value.`;
}

interface DrawnCurve {
  readonly x: number[];
  readonly y: number[];
  readonly low: number[];
  readonly high: number[];
  /** Number of values behind each point. */
  readonly counts: ArrayLike<number>;
  /** Number of steps behind the widest point. */
  readonly width: number;
  readonly plannedEnd: number;
}

function points(run: MetricRun, options: MetricOptions): DrawnCurve {
  const factor = options.factor ?? 1;
  const curve = run.curves.get(options.metric);
  const scaled = (values: Float64Array | undefined): number[] => mapped(values, (value) => value * factor);
  const means = scaled(curve?.mean);
  const shared = {
    y: means,
    low: scaled(curve?.min),
    high: scaled(curve?.max),
    counts: curve?.counts ?? [],
    width: curve?.width ?? 1,
  };
  const { at, plannedEnd } = runAxis(run, options.x);
  return { ...shared, x: mapped(curve?.steps, at), plannedEnd };
}

/** By a plain loop, since iterating a typed array takes several times as long. */
function mapped(values: ArrayLike<number> = [], of: (value: number) => number): number[] {
  const results: number[] = [];
  for (let index = 0; index < values.length; index++) results.push(of(values[index] ?? 0));
  return results;
}

/** Maps a run's steps to axis positions, and marks its planned end. */
export interface RunAxis {
  readonly at: (step: number) => number;
  readonly stepAt: (place: number) => number;
  readonly plannedEnd: number;
}

export function runAxis({ curves, totalSteps, examplesPerStep }: MetricRun, x: CurveAxis = 'step'): RunAxis {
  if (x === 'examples')
    return {
      at: (step) => (step + 1) * examplesPerStep,
      stepAt: (examples) => examples / examplesPerStep - 1,
      plannedEnd: totalSteps * examplesPerStep,
    };
  if (x === 'time') {
    const { secondsAt, stepAt } = stepClock(curves.get('step_milliseconds'));
    return { at: secondsAt, stepAt, plannedEnd: secondsAt(totalSteps - 1) };
  }
  return { at: (step) => step, stepAt: (step) => step, plannedEnd: totalSteps };
}

/** The axes of a figure of curves that has `values` in sight. An accuracy has the range that its noise asks for. */
export function curveAxes(
  theme: FigureTheme,
  { metric, x = 'step', yTitle, logScale = false, factor = 1, examples = Number.MAX_SAFE_INTEGER }: MetricOptions,
  plannedEnd: number,
  values: readonly number[],
): { xaxis: FigureObject; yaxis: FigureObject } {
  return {
    xaxis: axis(theme, xTitles[x], {
      ...(plannedEnd > 0 ? { range: [0, plannedEnd] } : {}),
      // The mean step of several is rarely a whole one.
      hoverformat: x === 'time' ? '.4~g' : ',.0f',
      // A zoom is kept as long as the axis measures the same.
      uirevision: x,
    }),
    yaxis: axis(theme, yTitle, {
      ...(logScale ? { type: 'log' } : {}),
      ...(isEvaluation(metric) && factor === 100 && !logScale && values.length > 0
        ? { range: evaluationRange(values, examples) }
        : {}),
      uirevision: logScale ? 'log' : 'linear',
    }),
  };
}

const xTitles: Readonly<Record<CurveAxis, string>> = {
  step: 'optimizer step',
  time: 'training time (s)',
  examples: 'examples seen',
};

/** A band from the lowest to the highest of the values behind each point. */
function extremes({ x, low, high }: DrawnCurve, name: string, style: SeriesStyle): FigureObject[] {
  const edge = { type: 'scatter', x, mode: 'lines', line: { width: 0, color: style.color }, hoverinfo: 'skip' };
  return [
    { ...edge, name: `${name}: lowest`, y: low },
    { ...edge, name: `${name}: highest`, y: high, fill: 'tonexty', fillcolor: faded(style.color, 0.22) },
  ];
}

/**
 * Exponential moving average with bias correction (as in Adam): the first output is the first value. `counts` is the
 * number of values that each entry is the mean of; an entry is weighted like that many values.
 */
export function smooth(values: readonly number[], weight: number, counts?: ArrayLike<number>): number[] {
  let sum = 0;
  let norm = 0;
  return values.map((value, index) => {
    const past = weight ** (counts?.[index] ?? 1);
    sum = past * sum + (1 - past) * value;
    norm = past * norm + (1 - past);
    return sum / norm;
  });
}

/**
 * The steps of an x range over all runs, to be requested in more detail on zooming in. Null if the range covers the
 * whole run.
 */
export function stepsBehind(
  runs: readonly MetricRun[],
  x: CurveAxis,
  [from, to]: readonly [number, number],
): { from: number; to: number } | null {
  const spans = runs.map((run) => {
    const { stepAt } = runAxis(run, x);
    return { from: stepAt(from), to: stepAt(to), all: stepAt(from) <= 0 && stepAt(to) >= run.totalSteps - 1 };
  });
  if (spans.length === 0 || spans.every((span) => span.all)) return null;
  return {
    from: Math.max(0, Math.floor(Math.min(...spans.map((span) => span.from)))),
    to: Math.max(0, Math.ceil(Math.max(...spans.map((span) => span.to)))),
  };
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

interface StepClock {
  /** Seconds from the start of training to the end of a step. */
  secondsAt(step: number): number;
  /** The step (fractional) reached after `seconds`. */
  stepAt(seconds: number): number;
}

/**
 * Time by the recorded step times (`step_milliseconds`). If only every n-th step is logged or steps share a bucket,
 * their mean covers all steps since the previous value. Steps past the last value take the mean time.
 */
function stepClock(milliseconds: Curve | undefined): StepClock {
  const steps = [-1];
  const seconds = [0];
  milliseconds?.ends.forEach((end, index) => {
    const taken = end - (steps[index] ?? -1);
    steps.push(end);
    seconds.push((seconds[index] ?? 0) + (taken * (milliseconds.mean[index] ?? 0)) / 1000);
  });
  const lastStep = steps.at(-1) ?? -1;
  const lastSeconds = seconds.at(-1) ?? 0;
  const perStep = lastStep >= 0 ? lastSeconds / (lastStep + 1) : 0;
  return {
    secondsAt: (step) =>
      step >= lastStep ? lastSeconds + (step - lastStep) * perStep : interpolate(steps, seconds, step),
    stepAt: (at) => {
      if (at < lastSeconds) return interpolate(seconds, steps, at);
      return perStep > 0 ? lastStep + (at - lastSeconds) / perStep : lastStep;
    },
  };
}

/** The value at `at` on the line through the points (`x` rising); the first value before them. */
function interpolate(x: readonly number[], y: readonly number[], at: number): number {
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const [x1 = 0, y1 = 0, x0 = x1, y0 = y1] = [x[low], y[low], x[low - 1], y[low - 1]];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}
