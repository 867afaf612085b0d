import { meanCurve, type SeedCurve } from '../curves/mean-curve.ts';
import { mean } from '../statistics/student.ts';
import { bandTrace } from './band.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from './figure.ts';
import { baseLayout } from './layout.ts';
import { curveAxes, hoverValue, isEvaluation, type MetricOptions, type MetricRun, runAxis, smooth } from './metric.ts';
import { faded, runStyles, type SeriesStyle } from './palette.ts';

/**
 * A metric of several groups of runs, for one of many small figures: the mean of each group's seeds with its spread as
 * a band, and behind it each seed as a thin line. It has no legend; `runStyles` says which group is which.
 * `customdata` of a point on a line of one run is the run's id.
 */
export function groupCurvesFigure(runs: readonly MetricRun[], options: MetricOptions, theme: FigureTheme): Figure {
  const smoothing = isEvaluation(options.metric) ? 0 : (options.smoothing ?? 0);
  const styles = runStyles(runs, theme);
  const drawn = [...styles].map(([name, style]) =>
    groupTraces(
      name,
      style,
      runs.filter(({ group }) => group === name),
      { ...options, smoothing },
    ),
  );
  const plannedEnd = Math.max(0, ...runs.map((run) => runAxis(run, options.x).plannedEnd));
  return {
    hover: options.x ?? 'step',
    // Every band lies under every line.
    data: [...drawn.flatMap(({ behind }) => behind), ...drawn.flatMap(({ lines }) => lines)],
    layout: baseLayout(theme, options.title, {
      margin: { l: 52, r: 16, t: 44, b: 40 },
      ...curveAxes(
        theme,
        options,
        plannedEnd,
        drawn.flatMap(({ values }) => values),
      ),
    }),
    caption: groupCurvesCaption(
      drawn.map(({ seeds }) => seeds),
      smoothing,
    ),
  };
}

interface GroupTraces {
  readonly behind: FigureObject[];
  readonly lines: FigureObject[];
  readonly seeds: number;
  readonly values: readonly number[];
}

function groupTraces(
  name: string,
  style: SeriesStyle,
  runs: readonly MetricRun[],
  options: MetricOptions & { readonly smoothing: number },
): GroupTraces {
  const factor = options.factor ?? 1;
  const begun = runs.filter((run) => (run.curves.get(options.metric)?.counts.length ?? 0) > 0);
  const average = ({ values, counts }: SeedCurve): readonly number[] =>
    options.smoothing > 0 ? smooth(values, options.smoothing, counts) : values;
  const folded = meanCurve(
    begun.flatMap((run) => run.curves.get(options.metric) ?? []),
    average,
  );
  const placed = begun.map((run) => runAxis(run, options.x).at);
  const scaled = (values: readonly number[]): number[] => values.map((value) => value * factor);
  const several = begun.length > 1;
  const each = folded.all.map((curve, index): FigureObject => {
    const x = curve.steps.map(placed[index] ?? identity);
    return {
      type: 'scatter',
      name: plainText(begun[index]?.label ?? name),
      x,
      y: scaled(curve.values),
      customdata: x.map(() => begun[index]?.id ?? ''),
      mode: x.length === 1 ? 'markers' : !several && x.length < 40 ? 'lines+markers' : 'lines',
      line: several
        ? { width: 1, color: faded(style.color, 0.4), dash: style.dash }
        : { width: 1.8, color: style.color, dash: style.dash },
      marker: { size: 5, color: several ? faded(style.color, 0.5) : style.color },
      cliponaxis: false,
      ...(several ? { hoverinfo: 'skip' } : { name: plainText(name), hovertemplate: hoverValue(options) }),
    };
  });
  const values = folded.all.flatMap((curve) => scaled(curve.values));
  if (!several) return { behind: [], lines: each, seeds: begun.length, values };
  const x = folded.means.map((_, point) =>
    mean(folded.at.map((curve, seed) => (placed[seed] ?? identity)(curve.steps[point] ?? 0))),
  );
  const means = scaled(folded.means);
  const halfWidths = scaled(folded.halfWidths.map((halfWidth) => halfWidth ?? 0));
  const low = means.map((center, point) => center - (halfWidths[point] ?? 0));
  const high = means.map((center, point) => center + (halfWidths[point] ?? 0));
  const line: FigureObject = {
    type: 'scatter',
    name: plainText(name),
    x,
    y: means,
    customdata: halfWidths,
    mode: x.length < 40 ? 'lines+markers' : 'lines',
    line: { width: 2, color: style.color, dash: style.dash },
    marker: { size: 5, color: style.color },
    cliponaxis: false,
    hovertemplate: `${hoverValue(options)} ± ${hoverSpread(options)}`,
  };
  return {
    behind: [
      ...(x.length > 1 ? [bandTrace(`${plainText(name)}: spread`, x, { low, high }, style.color)] : []),
      ...each,
    ],
    lines: [x.length > 1 ? line : { ...line, error_y: { type: 'data', array: halfWidths, thickness: 1.5, width: 4 } }],
    seeds: begun.length,
    values: [...values, ...low, ...high],
  };
}

/** Half a width, which is the point's `customdata`. */
function hoverSpread(options: MetricOptions): string {
  return options.valuesOf === undefined ? '%{customdata:.2g}' : hoverValue(options, 'customdata');
}

const identity = (step: number): number => step;

/** Returns the caption of figures with groups of several seeds, shown once below all of them. */
export function groupCurvesCaption(seeds: readonly number[], smoothing: number): string {
  const several = seeds.filter((count) => count > 1);
  const [fewest, most] = [Math.min(...several), Math.max(...several)];
  const smoothed = smoothing > 0 ? `Moving average with weight ${smoothing} on the past. ` : '';
  if (several.length === 0) return `${smoothed}One seed a group: no interval.`;
  const count = fewest === most ? `${most}` : `${fewest} to ${most}`;
  const band =
    most === 2
      ? 'band: range of the two (too few for an interval)'
      : fewest === 2
        ? 'band: 95 % interval of the mean, range of two'
        : 'band: 95 % interval of the mean';
  return `${smoothed}Bold: mean of ${count} seeds; ${band}; thin: each seed.`;
}
