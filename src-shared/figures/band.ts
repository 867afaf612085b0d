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
    const upper = intervals.map((interval) => interval.mean + (interval.halfWidth ?? 0));
    const lower = intervals.map((interval) => interval.mean - (interval.halfWidth ?? 0));
    traces.push({
      type: 'scatter',
      mode: 'lines',
      name: `${plainText(label)}: spread`,
      x: [...x, ...[...x].reverse()],
      y: [...upper, ...lower.reverse()],
      fill: 'toself',
      fillcolor: faded(style.color, 0.13),
      line: { width: 0, color: faded(style.color, 0) },
      hoverinfo: 'skip',
      showlegend: false,
    });
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
