import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import { axis, baseLayout, colorbar } from '../../figures/layout.ts';
import { sequentialColor, sequentialScale, themeColors } from '../../figures/palette.ts';
import { formatFixed } from '../../format/numbers.ts';
import { isLowerBetter, withUnit } from '../../metrics/index.ts';
import type { StudyWords } from '../define-study.ts';
import { judgedText, judgedWords } from '../scores/judged-metric.ts';
import { ofMetric, type PointScore } from '../scores/point-score.ts';
import { judgedEstimate } from './connectivity.ts';
import type { PlaneConfig, PlaneResult, PlaneSurface, PlaneTriple } from './plane-schemas.ts';

const height = Math.sqrt(3) / 2;
/** Distance between the corners of two panels, in sides of a triangle. */
const pitch = 1.3;
/** Steps of a side that colors are interpolated to: more are no longer seen. */
const fineness = 18;
/** Polygons of one color are one trace. */
const shades = 32;

interface Panel {
  readonly surface: PlaneSurface;
  /** x of the first corner. */
  readonly left: number;
}

/**
 * The metric over the plane through three adapters: a triangle for each merge method, all of one color scale, which holds
 * for the figures of all triples. Measured points are dots, a star is the merge at 1:1:1.
 */
export function planeFigure(
  result: PlaneResult,
  config: PlaneConfig,
  at: number,
  metric: string,
  words: StudyWords,
  theme: FigureTheme,
): Figure {
  const triple = result.triples[at] ?? { label: '', name: '', coto: false, corners: [], ensemble: null, surfaces: [] };
  const { scale, title: metricTitle } = judgedWords(metric);
  const all = result.triples.flatMap(({ surfaces }) =>
    surfaces.flatMap(({ points }) => points.map((point) => ofMetric(point, metric) * scale)),
  );
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const range = high > low ? ([low, high] as const) : ([low - 0.5, high + 0.5] as const);
  const reach = 1 + (3 * config.beyond) / config.subdivisions;
  const panels = triple.surfaces.map((surface, place) => ({ surface, left: place * pitch * reach }));
  const tones = themeColors(theme);
  const title = `${metricTitle} over the plane of ${plainText(triple.label)}`;
  const margin = config.beyond / config.subdivisions;
  return {
    data: panels.flatMap((panel, place) => [
      ...shading(panel, config, metric, scale, range),
      outline(panel, tones.text),
      measured(panel, metric, scale, range, place === panels.length - 1, theme),
      center(panel, metric, scale, tones),
    ]),
    layout: baseLayout(theme, title, {
      hovermode: 'closest',
      margin: { l: 16, r: 16, t: 40, b: 12 },
      xaxis: axis(theme, '', {
        visible: false,
        range: [-1.5 * margin - 0.1, (panels.at(-1)?.left ?? 0) + 1.1 + 1.5 * margin],
      }),
      yaxis: axis(theme, '', {
        visible: false,
        scaleanchor: 'x',
        range: [-height * margin - 0.12, height * (1 + 2 * margin) + 0.14],
      }),
      annotations: panels.flatMap((panel) => labels(panel, triple, margin, words, theme)),
    }),
    caption: captionOf(result, triple, metric, words),
  };
}

function place(left: number, [, second, third]: readonly [number, number, number]): [x: number, y: number] {
  return [left + second + third / 2, third * height];
}

/** Small triangles between the measured points, their colors interpolated linearly. */
function shading(
  { surface, left }: Panel,
  { subdivisions, beyond }: PlaneConfig,
  metric: string,
  scale: number,
  [low, high]: readonly [number, number],
): FigureObject[] {
  const known = new Map(
    surface.points.map(({ weights, ...score }) => [
      weights.map((weight) => Math.round(weight * subdivisions * 1e6) / 1e6).join(),
      ofMetric(score, metric) * scale,
    ]),
  );
  const valueAt = (second: number, third: number) => known.get([subdivisions - second - third, second, third].join());
  const parts = Math.max(1, Math.round(fineness / subdivisions));
  const byShade = new Map<number, { x: (number | null)[]; y: (number | null)[] }>();
  const cell = (corners: readonly (readonly [number, number])[], values: readonly number[]) => {
    for (const inner of smallTriangles(parts)) {
      const mean =
        inner.reduce(
          (sum, shares) => sum + shares.reduce((part, share, at) => part + share * (values[at] ?? 0), 0),
          0,
        ) / 3;
      const shade = Math.min(shades - 1, Math.floor(((mean - low) / (high - low)) * shades));
      const polygon = byShade.get(shade) ?? { x: [], y: [] };
      byShade.set(shade, polygon);
      const spots = inner.map((shares) => {
        const [second, third] = [0, 1].map((axisAt) =>
          shares.reduce((sum, share, at) => sum + share * (corners[at]?.[axisAt] ?? 0), 0),
        );
        return place(left, [0, (second ?? 0) / subdivisions, (third ?? 0) / subdivisions]);
      });
      for (const [x, y] of [...spots, spots[0] ?? [0, 0]]) {
        polygon.x.push(Number(x.toFixed(4)));
        polygon.y.push(Number(y.toFixed(4)));
      }
      polygon.x.push(null);
      polygon.y.push(null);
    }
  };
  for (let third = -beyond; third < subdivisions + 2 * beyond; third++)
    for (let second = -beyond; subdivisions - second - third > -beyond; second++)
      for (const corners of [
        [
          [second, third],
          [second + 1, third],
          [second, third + 1],
        ],
        [
          [second + 1, third],
          [second + 1, third + 1],
          [second, third + 1],
        ],
      ] as const) {
        const values = corners.flatMap(([one, other]) => valueAt(one, other) ?? []);
        if (values.length === 3) cell(corners, values);
      }
  return [...byShade].map(([shade, { x, y }]) => {
    const color = sequentialColor(upward(metric, (shade + 0.5) / shades));
    return {
      type: 'scatter',
      mode: 'lines',
      x,
      y,
      fill: 'toself',
      fillcolor: color,
      // Covers the hairlines that anti-aliasing leaves between neighbors.
      line: { width: 1, color },
      hoverinfo: 'skip',
      showlegend: false,
    };
  });
}

/** Turns the scale of colors around for metrics of which less is better: bright is better. */
function upward(metric: string, share: number): number {
  return isLowerBetter(metric) ? 1 - share : share;
}

/** A triangle divided into parts² triangles, corners as shares of its own corners. */
function smallTriangles(parts: number): (readonly [number, number, number])[][] {
  const shares = (second: number, third: number) =>
    [(parts - second - third) / parts, second / parts, third / parts] as const;
  const found: (readonly [number, number, number])[][] = [];
  for (let third = 0; third < parts; third++)
    for (let second = 0; second + third < parts; second++) {
      found.push([shares(second, third), shares(second + 1, third), shares(second, third + 1)]);
      if (second + third + 1 < parts)
        found.push([shares(second + 1, third), shares(second + 1, third + 1), shares(second, third + 1)]);
    }
  return found;
}

/** The triangle whose corners are the adapters. */
function outline({ left }: Panel, color: string): FigureObject {
  const corners = (
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ] as const
  ).map((corner) => place(left, corner));
  return {
    type: 'scatter',
    mode: 'lines',
    x: corners.map(([x]) => x),
    y: corners.map(([, y]) => y),
    line: { width: 1, color },
    hoverinfo: 'skip',
    showlegend: false,
  };
}

function measured(
  { surface, left }: Panel,
  metric: string,
  scale: number,
  [low, high]: readonly [number, number],
  withScale: boolean,
  theme: FigureTheme,
): FigureObject {
  const { text } = themeColors(theme);
  const spots = surface.points.map(({ weights }) => place(left, weights));
  return {
    type: 'scatter',
    mode: 'markers',
    name: surface.method,
    x: spots.map(([x]) => x),
    y: spots.map(([, y]) => y),
    text: surface.points.map((point) => pointText(point, metric)),
    hovertemplate: '%{text}<extra></extra>',
    showlegend: false,
    marker: {
      size: 7,
      color: surface.points.map((point) => ofMetric(point, metric) * scale),
      cmin: low,
      cmax: high,
      colorscale: sequentialScale,
      reversescale: isLowerBetter(metric),
      line: { width: 1, color: text },
      showscale: withScale,
      colorbar: colorbar(theme, judgedWords(metric).unit || judgedWords(metric).title),
    },
  };
}

function center(
  { surface, left }: Panel,
  metric: string,
  scale: number,
  tones: { text: string; surface: string },
): FigureObject {
  const [x, y] = place(left, [1 / 3, 1 / 3, 1 / 3]);
  return {
    type: 'scatter',
    mode: 'markers',
    name: `${surface.method}: 1:1:1`,
    x: [x],
    y: [y],
    customdata: [ofMetric(surface.center, metric) * scale],
    text: [pointText({ weights: [1 / 3, 1 / 3, 1 / 3], ...surface.center }, metric)],
    hovertemplate: '%{text}<extra></extra>',
    showlegend: false,
    marker: { size: 15, symbol: 'star', color: tones.surface, line: { width: 1.5, color: tones.text } },
  };
}

function pointText({ weights, ...score }: PlaneSurface['points'][number], metric: string): string {
  const value = withUnit(metric, judgedText(metric, score));
  return `${weights.map((weight) => formatFixed(weight, 2)).join(' : ')}<br>${value}`;
}

/** Names of the corners, and the merge method above. */
function labels(
  { surface, left }: Panel,
  { name }: PlaneTriple,
  margin: number,
  words: StudyWords,
  theme: FigureTheme,
): FigureObject[] {
  const { text, surface: ground } = themeColors(theme);
  const seeds = /^seeds (.+), (.+), (.+)$/.exec(name)?.slice(1);
  const corner = (at: number) => (seeds?.[at] === undefined ? `adapter ${at + 1}` : `seed ${seeds[at]}`);
  const note = (x: number, y: number, label: string, more: FigureObject): FigureObject => ({
    x,
    y,
    xref: 'x',
    yref: 'y',
    text: plainText(label),
    showarrow: false,
    font: { size: 11, color: text },
    // Beyond the triangle it is written on colors.
    ...(margin > 0 ? { bgcolor: ground, opacity: 0.85, borderpad: 1 } : {}),
    ...more,
  });
  const [bottom, top] = [-0.04, height + 0.04];
  return [
    note(left, bottom, corner(0), { yanchor: 'top' }),
    note(left + 1, bottom, corner(1), { yanchor: 'top' }),
    note(left + 0.5, top, corner(2), { yanchor: 'bottom' }),
    note(left - 0.1 - margin, height * (1 + 2 * margin) + 0.12, words.mergeMethod(surface.method), {
      xanchor: 'left',
      yanchor: 'top',
      font: { size: 12, color: text },
    }),
  ];
}

function captionOf(
  { examples }: PlaneResult,
  { corners, ensemble, surfaces }: Pick<PlaneTriple, 'corners' | 'ensemble' | 'surfaces'>,
  metric: string,
  words: StudyWords,
): string {
  const { title, unit } = judgedWords(metric);
  const isShare = unit === '%';
  const written = (score: PointScore) => `${judgedText(metric, score)}${isShare ? ' %' : ''}`;
  const difference = (surface: PlaneSurface) =>
    `${judgedEstimate(metric, ofMetric(surface.againstCorners, metric), 1)}${isShare ? ' points' : ''}`;
  return [
    `${title} on ${examples} test examples; corners are the adapters (${corners.map((corner) => written(corner)).join(', ')}), dots are measured, colors between them interpolated linearly; bright is better.`,
    `★ 1:1:1: ${surfaces.map((surface) => `${words.mergeMethod(surface.method)} ${written(surface.center)}, ${difference(surface)} from the mean of the corners`).join('; ')}${ensemble === null ? '' : `; their ensemble ${written(ensemble)}`}.`,
  ].join(' ');
}
