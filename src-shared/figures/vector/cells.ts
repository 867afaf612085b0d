import { z } from 'zod';

/** Traces and layout of a plotly figure. */
export interface VectorSource {
  readonly data: readonly object[];
  readonly layout: object;
}

const numbers = z.custom<ArrayLike<number>>(
  (value) => Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)),
);
const cell = z.number().nullable().catch(null);
const heatMapSchema = z.looseObject({
  type: z.literal('heatmap'),
  x: numbers,
  y: numbers,
  z: z.array(z.preprocess((row) => (ArrayBuffer.isView(row) ? Array.from(row as Float32Array) : row), z.array(cell))),
  zmin: z.number().optional(),
  zmax: z.number().optional(),
  colorscale: z.array(z.tuple([z.number(), z.string().regex(/^#[0-9a-f]{6}$/i)])).min(2),
  reversescale: z.boolean().default(false),
  xgap: z.number().default(0),
  xaxis: z.string().default('x'),
  yaxis: z.string().default('y'),
});
type HeatMap = z.output<typeof heatMapSchema>;
const layoutSchema = z.looseObject({ shapes: z.array(z.unknown()).default([]) });

/**
 * The figure with the cells of its heat maps as rectangles: plotly itself draws them as an image of pixels.
 * @param ground the color between cells
 */
export function withCells({ data, layout }: VectorSource, ground: string): VectorSource {
  const cells = data.flatMap((trace) => {
    const { data: map } = heatMapSchema.safeParse(trace);
    return map === undefined ? [] : rectangles(map, ground);
  });
  if (cells.length === 0) return { data, layout };
  const { shapes, ...rest } = layoutSchema.parse(layout);
  return { data, layout: { ...rest, shapes: [...cells, ...shapes] } };
}

/** An SVG of plotly's without the images of its heat maps. */
export function withoutImages(svg: string): string {
  return svg.replaceAll(/<image\b[^>]*(?:\/>|>\s*<\/image>)/g, '');
}

function rectangles(
  { x, y, z: rows, zmin, zmax, colorscale, reversescale, xgap, xaxis, yaxis }: HeatMap,
  ground: string,
): object[] {
  const known = rows.flat().filter((value): value is number => value !== null && Number.isFinite(value));
  const low = zmin ?? Math.min(...known);
  const high = zmax ?? Math.max(...known);
  const [across, up] = [edges(x), edges(y)];
  const colorOf = (value: number | null | undefined): string | null => {
    if (value === null || value === undefined || !Number.isFinite(value)) return null;
    const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
    return mixed(colorscale, reversescale ? 1 - share : share);
  };
  return rows.flatMap((row, at) => {
    const colors = row.map(colorOf);
    const parts: object[] = [];
    for (let from = 0; from < colors.length; ) {
      const color = colors[from] ?? null;
      let to = from + 1;
      // Equal neighbors are one rectangle where no gap parts them.
      while (xgap === 0 && to < colors.length && colors[to] === color) to++;
      if (color !== null)
        parts.push({
          type: 'rect',
          layer: 'between',
          xref: xaxis,
          yref: yaxis,
          x0: across[from],
          x1: across[to],
          y0: up[at],
          y1: up[at + 1],
          fillcolor: color,
          // Thin lines of the same color close the seams that viewers show between cells; those of the page part them.
          line: xgap === 0 ? { width: 0.4, color } : { width: xgap, color: ground },
        });
      from = to;
    }
    return parts;
  });
}

/** Borders of cells halfway between their centers. */
function edges(centers: ArrayLike<number>): number[] {
  const all = Array.from(centers);
  const between = all.slice(1).map((center, at) => ((all[at] ?? 0) + center) / 2);
  const [first = 0, last = 0] = [all[0], all.at(-1)];
  const half = { first: (between[0] ?? first + 0.5) - first, last: last - (between.at(-1) ?? last - 0.5) };
  return [first - half.first, ...between, last + half.last];
}

/** The color at a share of the scale, interpolated in RGB as plotly does. */
function mixed(scale: HeatMap['colorscale'], share: number): string {
  const next = Math.max(
    1,
    scale.findIndex(([at]) => at >= share && at > 0),
  );
  const [[from, fromColor], [to, toColor]] = [scale[next - 1] ?? [0, '#000000'], scale[next] ?? [1, '#000000']];
  const part = to > from ? (share - from) / (to - from) : 1;
  const channel = (color: string, start: number) => Number.parseInt(color.slice(start, start + 2), 16);
  const parts = [1, 3, 5].map((start) =>
    Math.round(channel(fromColor, start) + part * (channel(toColor, start) - channel(fromColor, start))),
  );
  return `rgb(${parts.join(',')})`;
}
