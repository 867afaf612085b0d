import { wilsonInterval } from '../statistics/binomial.ts';
import { drawnSpread } from '../statistics/student.ts';
import { type FigureObject, plainText } from './figure.ts';
import { faded, type SeriesStyle, seriesLabel } from './palette.ts';

/**
 * The curve of a series: its mean over repetitions (seeds, pairs), its spread (drawnSpread) as a band where there are several, and
 * each repetition as a faint line. values[repetition][point], in the unit of the axis.
 * @param format d3's format of tooltips
 * @param examples of accuracies in per cent: a single repetition then has a band over so many test examples
 */
export function meanCurve(
  label: string,
  style: SeriesStyle,
  x: readonly number[],
  values: readonly (readonly number[])[],
  customdata: FigureObject[string],
  format: string,
  examples?: number,
): { traces: FigureObject[]; means: number[] } {
  const intervals = x.map((_, point) => drawnSpread(values.map((row) => row[point] ?? Number.NaN)));
  const means = intervals.map((interval) => interval.mean);
  const traces: FigureObject[] = [];
  if (values.length > 1) {
    const high = intervals.map((interval) => interval.mean + (interval.halfWidth ?? 0));
    const low = intervals.map((interval) => interval.mean - (interval.halfWidth ?? 0));
    traces.push(bandTrace(`${plainText(label)}: spread`, x, { low, high }, style.color));
    for (const row of values)
      traces.push({
        type: 'scatter',
        mode: 'lines',
        name: plainText(label),
        x: [...x],
        y: [...row],
        line: { width: 1, color: faded(style.color, 0.4), dash: style.dash },
        hoverinfo: 'skip',
        showlegend: false,
      });
  } else if (examples !== undefined) {
    const [low, high] = overExamples(means, examples);
    traces.push(bandTrace(`${plainText(label)}: over examples`, x, { low, high }, style.color));
  }
  traces.push({
    type: 'scatter',
    mode: 'lines+markers',
    name: plainText(label),
    x: [...x],
    y: means,
    customdata,
    line: { width: 2, color: style.color, dash: style.dash },
    marker: { size: 5, color: style.color },
    hovertemplate: `%{y:${format}}`,
  });
  return { traces, means };
}

/** The area between two curves. */
export function bandTrace(
  name: string,
  x: readonly number[],
  { low, high }: { readonly low: readonly number[]; readonly high: readonly number[] },
  color: string,
  opacity = 0.13,
): FigureObject {
  return {
    type: 'scatter',
    mode: 'lines',
    name,
    x: [...x, ...x.toReversed()],
    y: [...high, ...low.toReversed()],
    fill: 'toself',
    fillcolor: faded(color, opacity),
    line: { width: 0, color: faded(color, 0) },
    hoverinfo: 'skip',
    showlegend: false,
  };
}

/** Ends of the 95 % intervals of accuracies in per cent, each measured on so many examples. */
export function overExamples(percents: readonly number[], examples: number): [number[], number[]] {
  const intervals = percents.map((value) => wilsonInterval(value / 100, Math.max(1, examples)));
  return [intervals.map(({ low }) => 100 * low), intervals.map(({ high }) => 100 * high)];
}

/** Groups of results that differ only in the seed: those with CoTo first, among equals in the order of first occurrence. */
export function bySeries<T extends { label: string; coto: boolean }>(
  entries: readonly T[],
): { label: string; coto: boolean; entries: { entry: T; index: number }[] }[] {
  const groups: { label: string; coto: boolean; entries: { entry: T; index: number }[] }[] = [];
  entries.forEach((entry, index) => {
    const label = seriesLabel(entry.label);
    let group = groups.find((known) => known.label === label && known.coto === entry.coto);
    if (group === undefined) {
      group = { label, coto: entry.coto, entries: [] };
      groups.push(group);
    }
    group.entries.push({ entry, index });
  });
  return inSeriesOrder(groups);
}

/** The order of series in legends and rows, the same in every figure: with CoTo first. */
export function inSeriesOrder<T extends { readonly coto: boolean }>(series: readonly T[]): T[] {
  return [...series].sort((one, other) => Number(other.coto) - Number(one.coto));
}
