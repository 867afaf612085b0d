import { drawnSpread } from '../statistics/student.ts';
import { type FigureObject, plainText } from './figure.ts';
import { faded, type SeriesStyle, seriesLabel } from './palette.ts';

/**
 * The curve of a series: its mean over repetitions (seeds, pairs), its spread (drawnSpread) as a band where there are several, and
 * each repetition as a faint line. values[repetition][point], in the unit of the axis.
 */
export function meanCurve(
  label: string,
  style: SeriesStyle,
  x: readonly number[],
  values: readonly (readonly number[])[],
  customdata: FigureObject[string],
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
    hovertemplate: '%{y:.2f}',
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

/** Groups of results that differ only in the seed, in the order of first occurrence. */
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
  return groups;
}
