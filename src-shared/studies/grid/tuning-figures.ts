import { bandTrace } from '../../figures/band.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import { axis, baseLayout, colorbar, type LineEnd, lineEnds, marginFor } from '../../figures/layout.ts';
import { seriesKey, studyStyles, themeColors } from '../../figures/palette.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { hoverFormat, isLowerBetter, metricName, metricUnit, valueText } from '../../metrics/index.ts';
import type { StudyFigure } from '../define-study.ts';
import { cutOffNote, drawnEnds } from '../scores/metric-interval.ts';
import {
  headed,
  pointAt,
  rateText,
  sweptWord,
  type TunedCell,
  type Tuning,
  triedBatches,
  triedRates,
} from './tuning.ts';

/** The figures of a sweep: curves over the rates, or a heat map of rates and batch sizes for each of its rows. */
export function tuningFigures(tuning: Tuning, task: string | null = null): StudyFigure[] {
  const where = task === null ? '' : `, ${task}`;
  if (triedBatches(tuning.cells).length === 0)
    return [{ name: `Learning rates${where}`, draw: (theme) => tuningFigure(tuning, theme, task) }];
  return tuning.cells.map((cell) => ({
    name: `Learning rates and batch sizes${where}${tuning.cells.length > 1 ? `, ${cell.label}` : ''}`,
    draw: (theme) => batchFigure(tuning, cell, theme, task),
  }));
}

/** A heat map of the mean validation score, rates across and batch sizes upward; a ring: the chosen pair. */
function batchFigure({ metric, examples }: Tuning, cell: TunedCell, theme: FigureTheme, task: string | null): Figure {
  const { scale, unit } = metricUnit(metric);
  const { text: ink } = themeColors(theme);
  const [rates, batches] = [triedRates([cell]), triedBatches([cell])];
  const means = batches.map((batch) =>
    rates.map((rate) => {
      const mean = pointAt(cell, rate, batch)?.interval.mean ?? Number.NaN;
      return Number.isFinite(mean) ? mean * scale : null;
    }),
  );
  const map: FigureObject = {
    type: 'heatmap',
    name: plainText(cell.label),
    x: rates.map((_, at) => at),
    y: batches.map((_, at) => at),
    z: means,
    text: means.map((row) => row.map((value) => (value === null ? 'diverged' : valueText(metric, value / scale)))),
    texttemplate: '%{text}',
    customdata: batches.map((batch) => rates.map((rate) => `learning rate ${rateText(rate)}, batch size ${batch}`)),
    hovertemplate: '%{customdata}: %{text}<extra></extra>',
    hoverongaps: false,
    // Values are written on the cells, so their backgrounds stay close to that of the page.
    colorscale: [
      [0, theme.dark ? '#2b2f36' : '#f3f3f0'],
      [1, theme.dark ? '#1f6e93' : '#9fd0ea'],
    ],
    reversescale: isLowerBetter(metric),
    xgap: 1,
    ygap: 1,
    colorbar: colorbar(theme, unit, { len: 0.6 }),
  };
  const ring: FigureObject = {
    type: 'scatter',
    mode: 'markers',
    name: 'chosen',
    x: [rates.indexOf(cell.learning_rate)],
    y: [batches.indexOf(cell.batch_size ?? 0)],
    marker: { size: 44, symbol: 'circle-open', color: ink, line: { width: 2, color: ink } },
    hoverinfo: 'skip',
  };
  const ticks = (labels: string[]) => ({
    tickvals: labels.map((_, at) => at),
    ticktext: labels,
    showgrid: false,
    zeroline: false,
  });
  const title = headed(task, `validation ${metricName(metric)} by learning rate and batch size: ${cell.label}`);
  return {
    data: [map, ring],
    layout: baseLayout(theme, plainText(title), {
      hovermode: 'closest',
      margin: { l: 64, r: 72, t: 44, b: 48 },
      xaxis: axis(theme, 'learning rate', ticks(rates.map(rateText))),
      yaxis: axis(theme, 'batch size', ticks(batches.map(String))),
    }),
    caption: `Mean ${metricName(metric)} on ${examples} validation examples of every rate with every batch size; ring: the chosen pair. Every ${sweptWord(task)} tried the same pairs.`,
  };
}

/** Curves of the validation score against the learning rate, with their 95 % intervals as bands; a ring: the chosen rate. */
function tuningFigure({ metric, examples, cells }: Tuning, theme: FigureTheme, task: string | null = null): Figure {
  const one = sweptWord(task);
  const styles = studyStyles(cells, theme);
  const { scale, unit } = metricUnit(metric);
  const data: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const values: number[] = [];
  for (const cell of cells) {
    const style = styles.get(seriesKey(cell));
    if (style === undefined) continue;
    const x = cell.points.map(({ learning_rate }) => learning_rate);
    const y = cell.points.map(({ interval }) => interval.mean * scale);
    const intervals = cell.points.map(({ interval }) => drawnEnds(interval, metric));
    const low = intervals.map(([end]) => end * scale);
    const high = intervals.map(([, end]) => end * scale);
    values.push(...y, ...low, ...high);
    data.push(bandTrace(`${plainText(cell.label)}: 95 % interval`, x, { low, high }, style.color), {
      type: 'scatter',
      mode: 'lines+markers',
      name: plainText(cell.label),
      x,
      y,
      line: { width: 2, color: style.color, dash: style.dash },
      marker: {
        size: x.map((rate) => (rate === cell.learning_rate ? 12 : 5)),
        symbol: x.map((rate) => (rate === cell.learning_rate ? 'circle-open' : 'circle')),
        color: style.color,
        line: { width: 2, color: style.color },
      },
      hovertemplate: `%{x}: %{y:${hoverFormat(metric)}} ${unit}<extra>${plainText(cell.label)}</extra>`,
    });
    ends.push({ label: cell.label, style, x: Math.log10(x.at(-1) ?? 1), y: y.at(-1) ?? Number.NaN });
  }
  const rates = triedRates(cells);
  const note = cutOffNote(
    cells.flatMap(({ points }) => points.map(({ interval }) => interval)),
    (interval) => drawnEnds(interval, metric),
  );
  const room = 0.06 * (Math.max(...values) - Math.min(...values) || 1);
  const range: [number, number] = [Math.min(...values) - room, Math.max(...values) + room];
  return {
    data,
    layout: baseLayout(theme, plainText(headed(task, `validation ${metricName(metric)} by learning rate`)), {
      hovermode: 'closest',
      margin: { l: 56, r: marginFor(cells.map(({ label }) => label)), t: 44, b: 48 },
      xaxis: axis(theme, 'learning rate', {
        type: 'log',
        tickvals: rates,
        // Labels every second rate if there are many.
        ticktext: rates.map((rate, at) => (rates.length > 8 && at % 2 === 1 ? '' : rateText(rate))),
      }),
      yaxis: axis(theme, axisTitle(`validation ${metricName(metric)}`, unit), { range }),
      annotations: lineEnds(theme, ends, range),
    }),
    caption: `Mean ${metricName(metric)} on ${examples} validation examples; bands: 95 % intervals; rings: the chosen rates. Every ${one} tried the same rates.${note}`,
  };
}
