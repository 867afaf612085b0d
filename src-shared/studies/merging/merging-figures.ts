import { inSeriesOrder, overExamples } from '../../figures/band.ts';
import { type DotPoint, dotLayout, dotOf, dotSeries } from '../../figures/dots.ts';
import type { Figure, FigureObject, FigureTheme } from '../../figures/figure.ts';
import { axis, intervalCaption, verticalLine } from '../../figures/layout.ts';
import { seriesKey, studyStyles } from '../../figures/palette.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { hoverFormat, isShareOfExamples } from '../../metrics/index.ts';
import { mean } from '../../statistics/student.ts';
import type { StudyWords } from '../define-study.ts';
import { judgedRange, judgedWords } from '../scores/judged-metric.ts';
import { ofMetric, type PointScore } from '../scores/point-score.ts';
import { chosenScaleNote } from './merge-scales.ts';
import type { MergingResult } from './merging-schemas.ts';

/**
 * Same-task adapters alone and merged by each method: dots with their intervals, and a line at the mean of those alone.
 * `customdata` of a point is [index of the group, index of the adapter or method, "alone" or "merged"].
 */
export function mergingFigure(result: MergingResult, theme: FigureTheme, words: StudyWords): Figure {
  const { metric } = result;
  const named = judgedWords(metric);
  const isShareMetric = isShareOfExamples(metric);
  const styles = studyStyles(result.groups, theme);
  const methods = [...new Set(result.groups.flatMap((group) => group.merged.map((entry) => entry.method)))];
  const data: FigureObject[] = [];
  const shapes: FigureObject[] = [];
  const drawn: number[] = [];
  const levels: number[] = [];
  const pointOf = (score: PointScore, customdata: DotPoint['customdata'], name: string): DotPoint => {
    const value = named.scale * ofMetric(score, metric);
    // Noise over examples is only known for accuracy.
    if (!isShareMetric) return { value, customdata, name };
    const [[low = 0], [high = 0]] = overExamples([value], result.examples);
    return { value, interval: [low, high], customdata, name };
  };
  const ordered = inSeriesOrder(result.groups.map((group, index) => ({ ...group, index })));
  ordered.forEach((group, slot) => {
    const style = styles.get(seriesKey(group));
    if (style === undefined) return;
    const alone = group.alone.map((score, adapter) =>
      pointOf(score, [group.index, adapter, 'alone'], `${group.label}, adapter ${adapter + 1}`),
    );
    const merged = methods.map((method) =>
      group.merged.flatMap((score, position) =>
        score.method === method ? [pointOf(score, [group.index, position, 'merged'], 'one merge')] : [],
      ),
    );
    const rows = [alone, ...merged];
    data.push(
      ...dotSeries(group.label, style, rows, slot, ordered.length, { unit: named.unit, format: hoverFormat(metric) }),
    );
    const level = mean(alone.map(({ value }) => value));
    shapes.push(verticalLine(level, { color: style.color, width: 1.2, dash: 'dot' }));
    for (const points of rows) {
      const dot = dotOf(points);
      if (dot === null) continue;
      drawn.push(dot.low, dot.high);
      levels.push(dot.mean);
    }
  });
  const most = Math.max(0, ...result.groups.map((group) => group.alone.length));
  return {
    data,
    layout: dotLayout(
      theme,
      'Merged vs single adapters',
      ['single adapters', ...methods.map((method) => words.mergeMethod(method))],
      axis(theme, axisTitle(`test ${named.name}`, named.unit), {
        range: judgedRange(metric, drawn, result.examples, levels),
      }),
      { shapes },
    ),
    caption: `${named.title} on ${result.examples} test examples; dotted lines: mean of the single adapters. ${intervalCaption(most, 'single adapters')} Each merge is one value${isShareMetric ? ': its bar is the 95 % interval over the test examples' : ', without an interval'}.${chosenScaleNote(result)}`,
  };
}
