import { bySeries, meanCurve } from '../figures/band.ts';
import { barLayout, barSeries } from '../figures/bars.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../figures/figure.ts';
import { axis, baseLayout, intervalCaption, type LineEnd, lineEnds, marginFor } from '../figures/layout.ts';
import { seriesKey, studyStyles } from '../figures/palette.ts';
import { mean } from '../statistics/student.ts';
import type { PrunedAdapter, PruningResult } from './pruning-schemas.ts';

/**
 * Bars of each structured pattern, the unpruned level of each series as a line, every seed as a point.
 * `customdata` of a point is [index in result.adapters, index in its patterns], of a mean the list of those of its seeds.
 */
export function pruningFigure(result: PruningResult, theme: FigureTheme): Figure {
  const series = bySeries(result.adapters);
  const styles = studyStyles(result.adapters, theme);
  const labels = result.adapters[0]?.patterns.map((pattern) => pattern.label) ?? [];
  const data: FigureObject[] = [];
  const shapes: FigureObject[] = [];
  let seeds = 0;
  series.forEach((group, slot) => {
    const style = styles.get(seriesKey(group));
    if (style === undefined) return;
    seeds = Math.max(seeds, group.entries.length);
    const categories = labels.map((_, category) =>
      group.entries.flatMap(({ entry, index }) => {
        const pattern = entry.patterns[category];
        return pattern === undefined
          ? []
          : [
              {
                value: pattern.accuracy * 100,
                customdata: [index, category],
                name: `${group.label}, seed ${entry.seed}`,
              },
            ];
      }),
    );
    data.push(...barSeries(group.label, style, categories, slot, series.length, theme));
    const level = mean(group.entries.map(({ entry }) => entry.unpruned.accuracy * 100));
    shapes.push(
      levelLine(level, { color: style.color, width: 1.5, dash: style.dash === 'solid' ? 'dash' : style.dash }),
    );
  });
  return {
    data,
    layout: barLayout(theme, 'What is left when whole layers lose their adapters', labels, { shapes }),
    caption: `Accuracy on ${result.examples} test examples; dashed lines: unpruned. ${intervalCaption(seeds)}`,
  };
}

/**
 * Accuracy over the values of one grid; where a value leaves the adapter as it is, the unpruned level is the point there.
 * `customdata` of a point is a list with, for each seed, [index in result.adapters, index in the grid's points; −1 unpruned].
 */
export function gridFigure(result: PruningResult, at: number, theme: FigureTheme): Figure {
  const styles = studyStyles(result.adapters, theme);
  const data: FigureObject[] = [];
  const shapes: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const all: number[] = [];
  let seeds = 0;
  const {
    label = '',
    axis: words = '',
    percent: isShare = false,
    unchanged = null,
  } = result.adapters[0]?.grids[at] ?? {};
  const scale = isShare ? 100 : 1;
  for (const group of bySeries(result.adapters)) {
    const style = styles.get(seriesKey(group));
    const first = group.entries[0];
    if (style === undefined || first === undefined) continue;
    seeds = Math.max(seeds, group.entries.length);
    const pointsOf = ({ grids, unpruned }: PrunedAdapter) => [
      ...(unchanged === null ? [] : [{ ...unpruned, value: unchanged, index: -1 }]),
      ...(grids[at]?.points ?? []).map((point, index) => ({ ...point, index })),
    ];
    const points = pointsOf(first.entry);
    const x = points.map(({ value }) => value * scale);
    const values = group.entries.map(({ entry }) => pointsOf(entry).map(({ accuracy }) => accuracy * 100));
    const curve = meanCurve(
      group.label,
      style,
      x,
      values,
      points.map(({ index }) => group.entries.map((one) => [one.index, index])),
    );
    data.push(...curve.traces);
    const level = mean(group.entries.map(({ entry }) => entry.unpruned.accuracy * 100));
    all.push(...values.flat(), level);
    shapes.push(levelLine(level, { color: style.color, width: 1, dash: 'dot' }));
    ends.push({ label: group.label, style, x: x.at(-1) ?? 100, y: curve.means.at(-1) ?? Number.NaN });
  }
  const range = accuracyRange(all);
  return {
    data,
    layout: baseLayout(theme, `What is left after pruning: ${plainText(label)}`, {
      margin: { l: 56, r: marginFor(ends.map((end) => end.label)), t: 44, b: 48 },
      xaxis: axis(theme, isShare ? `${plainText(words)} (%)` : plainText(words), isShare ? { range: [-1, 101] } : {}),
      yaxis: axis(theme, 'test accuracy (%)', { range: [...range] }),
      annotations: lineEnds(theme, ends, range),
      shapes,
    }),
    caption: `Accuracy on ${result.examples} test examples; dotted lines: unpruned. ${intervalCaption(seeds)}`,
  };
}

/**
 * Per cent, around the curves with some room; at least 30 points high, so that small ripples do not look large. Bands of
 * two seeds can be far wider than the curves and do not count.
 */
function accuracyRange(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 100];
  const low = Math.min(...values) - 4;
  const high = Math.max(...values) + 4;
  const missing = Math.max(0, 30 - (high - low)) / 2;
  return [Math.max(0, low - missing), Math.min(100, high + missing)];
}

/** A line across the figure at the level of the unpruned adapters. */
function levelLine(level: number, line: FigureObject): FigureObject {
  return { type: 'line', xref: 'paper', x0: 0, x1: 1, yref: 'y', y0: level, y1: level, line };
}
