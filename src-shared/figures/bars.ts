import { drawnSpread } from '../statistics/student.ts';
import type { FigureTheme } from './figure.ts';
import { type FigureObject, plainText } from './figure.ts';
import { type SeriesStyle, themeColors } from './palette.ts';

export interface BarPoint {
  readonly value: number;
  /** Value that identifies the point on a click. */
  readonly customdata: FigureObject[string];
  readonly name: string;
}

/**
 * One series of grouped bars: the mean of each category with its spread (drawnSpread), and every repetition as a point on
 * its bar. A mean has the list of its repetitions' `customdata`. Categories are numbers 0, 1, 2 …; `slot` of `slots` gives the position of the series in its category.
 */
export function barSeries(
  label: string,
  style: SeriesStyle,
  categories: readonly (readonly BarPoint[])[],
  slot: number,
  slots: number,
  theme: FigureTheme,
  unit = '%',
): FigureObject[] {
  const width = 0.8 / slots;
  const centre = (category: number) => category + (slot - (slots - 1) / 2) * width;
  const intervals = categories.map((points) => drawnSpread(points.map((point) => point.value)));
  const repeated = categories.some((points) => points.length > 1);
  const { text, surface } = themeColors(theme);
  const bars: FigureObject = {
    type: 'bar',
    name: plainText(label),
    x: intervals.map((_, category) => centre(category)),
    y: intervals.map((interval) => interval.mean),
    width: width * 0.92,
    marker: {
      color: style.color,
      ...(style.pattern === '' ? {} : { pattern: { shape: style.pattern, bgcolor: style.color, fgcolor: surface } }),
    },
    hovertemplate: `${plainText(label)}: %{y:.2f} ${unit} (mean)<extra></extra>`,
    customdata: categories.map((points) =>
      points.length > 1 ? points.map((point) => point.customdata) : (points[0]?.customdata ?? null),
    ),
  };
  if (!repeated) return [bars];
  // A separate trace: on the bars, a category of one value would get an interval of zero width.
  const certain = intervals.flatMap(({ mean, halfWidth }, category) =>
    halfWidth === null ? [] : [{ x: centre(category), mean, halfWidth }],
  );
  const interval: FigureObject = {
    type: 'scatter',
    mode: 'markers',
    name: `${plainText(label)}: spread`,
    x: certain.map(({ x }) => x),
    y: certain.map(({ mean }) => mean),
    error_y: {
      type: 'data',
      array: certain.map(({ halfWidth }) => halfWidth),
      color: text,
      thickness: 1.2,
      width: 4,
    },
    marker: { size: 1, color: text },
    hoverinfo: 'skip',
    showlegend: false,
  };
  const points = categories.flatMap((entries, category) =>
    // A single value is the bar itself.
    (entries.length > 1 ? entries : []).map((entry, index) => ({
      ...entry,
      x: centre(category) + (index - (entries.length - 1) / 2) * width * 0.3,
    })),
  );
  return [
    bars,
    interval,
    {
      type: 'scatter',
      mode: 'markers',
      name: `${plainText(label)}: each seed`,
      x: points.map((point) => point.x),
      y: points.map((point) => point.value),
      text: points.map((point) => plainText(point.name)),
      customdata: points.map((point) => point.customdata),
      marker: { size: 6, color: surface, line: { color: text, width: 1.2 } },
      hovertemplate: `%{text}: %{y:.2f} ${unit}<extra></extra>`,
      showlegend: false,
    },
  ];
}
