import { z } from 'zod';
import type { PlotAxes, PlotAxis } from './plot-axes.ts';

/** Position of a figure's first pair of axes in its element, in pixels, and the ranges of the axes. */
export interface PlotGeometry {
  readonly left: number;
  readonly width: number;
  readonly x: readonly [number, number];
  readonly top: number;
  readonly height: number;
  /** In the axis' own coordinates: logarithms where it is logarithmic. */
  readonly y: readonly [number, number];
  readonly logY: boolean;
  /** Vertical extent of all axes together. */
  readonly area: { readonly top: number; readonly height: number };
}

const axisSchema = z.object({
  _offset: z.number(),
  _length: z.number(),
  range: z.tuple([z.number(), z.number()]),
  type: z.string(),
});
const graphSchema = z.object({
  _fullLayout: z.object({
    xaxis: axisSchema,
    yaxis: axisSchema,
    _size: z.object({ t: z.number(), h: z.number() }),
  }),
});

/** Read from what plotly keeps of a drawn figure; null where it has no such axes. */
export function geometryOf(graph: unknown): PlotGeometry | null {
  const parsed = graphSchema.safeParse(graph);
  if (!parsed.success) return null;
  const { xaxis, yaxis, _size: size } = parsed.data._fullLayout;
  return {
    left: xaxis._offset,
    width: xaxis._length,
    x: xaxis.range,
    top: yaxis._offset,
    height: yaxis._length,
    y: yaxis.range,
    logY: yaxis.type === 'log',
    area: { top: size.t, height: size.h },
  };
}

const placedAxisSchema = z.object({
  _offset: z.number(),
  _length: z.number(),
  d2p: z.custom<(value: unknown) => unknown>((given) => typeof given === 'function'),
});

/**
 * Returns the position of a point in pixels of the element; null if it is out of sight. Axes are named like in a trace:
 * "x2".
 */
export function pixelsOfPoint(
  graph: unknown,
  axes: { readonly x: string; readonly y: string },
  point: { readonly x: unknown; readonly y: unknown },
): { x: number; y: number } | null {
  const place = (axis: string, value: unknown): number | null => {
    const name = axis.replace(/^[xy]/, (letter) => `${letter}axis`);
    const parsed = z.object({ _fullLayout: z.object({ [name]: placedAxisSchema }) }).safeParse(graph);
    const found = parsed.data?._fullLayout[name];
    const pixel = Number(found?.d2p(value));
    return found === undefined || !(pixel >= 0 && pixel <= found._length) ? null : found._offset + pixel;
  };
  const [x, y] = [place(axes.x, point.x), place(axes.y, point.y)];
  return x === null || y === null ? null : { x, y };
}

/** The value of the x axis at a pixel of the element; null outside of the plot. */
export function xAtPixel({ left, width, x: [from, to] }: PlotGeometry, pixel: number): number | null {
  const share = (pixel - left) / width;
  return share < 0 || share > 1 ? null : from + share * (to - from);
}

/** The pixel of a value of the x axis; null where it is not in sight. */
export function pixelOfX({ left, width, x: [from, to] }: PlotGeometry, value: number): number | null {
  const share = (value - from) / (to - from);
  return share < 0 || share > 1 ? null : left + share * width;
}

export function pixelOfY({ top, height, y: [from, to], logY }: PlotGeometry, value: number): number {
  const at = logY ? Math.log10(value) : value;
  return top + height * (1 - (at - from) / (to - from));
}

/** Checked to be an object only: parsing would copy its hundreds of entries at each redraw of a growing figure. */
const layoutSchema = z.object({ _fullLayout: z.custom<Readonly<Record<string, unknown>>>(isObject) });

/** All axes of numbers; null before the figure is drawn. */
export function axesOf(graph: unknown): PlotAxes | null {
  const layout = layoutSchema.safeParse(graph).data?._fullLayout;
  if (layout === undefined) return null;
  const axes = new Map<string, PlotAxis>();
  for (const name of Object.keys(layout)) {
    const [, letter, number] = /^([xy])axis(\d*)$/.exec(name) ?? [];
    const axis = letter === undefined ? undefined : axisSchema.safeParse(layout[name]).data;
    if (axis === undefined) continue;
    axes.set(`${letter}${number}`, {
      offset: axis._offset,
      length: axis._length,
      range: axis.range,
      isLogarithmic: axis.type === 'log',
      isVertical: letter === 'y',
    });
  }
  return axes;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
