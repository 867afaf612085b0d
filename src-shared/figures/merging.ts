import type { MergingStudyResult } from '../domain/study.ts';
import { barSeries } from './bars.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from './figure.ts';
import { axis, baseLayout, intervalCaption, legendAbove, legendMargin } from './layout.ts';
import { seriesKey, studyStyles } from './palette.ts';

/**
 * Same-task adapters alone and merged by each method. `methodLabels` gives a method's name as people know it (the
 * catalog's label). `customdata` of a point is [index of the group, index of the adapter or method, "alone" or "merged"].
 */
export function mergingFigure(
  result: MergingStudyResult,
  theme: FigureTheme,
  methodLabels: ReadonlyMap<string, string> = new Map(),
): Figure {
  const styles = studyStyles(result.groups);
  const methods = [...new Set(result.groups.flatMap((group) => group.merged.map((entry) => entry.method)))];
  const data: FigureObject[] = [];
  result.groups.forEach((group, index) => {
    const style = styles.get(seriesKey(group));
    if (style === undefined) return;
    const alone = group.alone.map((score, adapter) => ({
      value: score.accuracy * 100,
      customdata: [index, adapter, 'alone'],
      name: `${group.label}, adapter ${adapter + 1}`,
    }));
    const merged = methods.map((method) =>
      group.merged
        .map((score, position) => ({
          method: score.method,
          value: score.accuracy * 100,
          customdata: [index, position, 'merged'],
          name: group.label,
        }))
        .filter((score) => score.method === method),
    );
    data.push(...barSeries(group.label, style, [alone, ...merged], index, result.groups.length, theme));
  });
  const categories = ['alone', ...methods.map((method) => methodLabels.get(method) ?? method)];
  const most = Math.max(0, ...result.groups.map((group) => group.alone.length));
  return {
    data,
    layout: baseLayout(theme, 'What merging seeds of one task costs or gains', {
      hovermode: 'closest',
      barmode: 'overlay',
      showlegend: true,
      legend: legendAbove(theme),
      margin: { l: 56, r: 24, t: legendMargin, b: 48 },
      xaxis: axis(theme, '', {
        tickvals: categories.map((_, index) => index),
        ticktext: categories.map(plainText),
        range: [-0.5, categories.length - 0.5],
        showgrid: false,
      }),
      yaxis: axis(theme, 'test accuracy (%)', { range: [0, 100] }),
    }),
    caption: `Accuracy on ${result.examples} test examples. "Alone" is the mean over ${most} adapters; each merge is one value, without an uncertainty. ${intervalCaption(most)}`,
  };
}
