import { z } from 'zod';
import type { FigureSource } from './figure-data.ts';

/** A point that can be chosen: it carries data of its own. */
export interface ChoosablePoint {
  readonly traceIndex: number;
  readonly pointIndex: number;
  readonly x: string | number;
  readonly y: string | number;
  readonly customData: unknown;
  /** Screen reader text: the trace and the position. */
  readonly text: string;
  /** Axes of the point; a figure's further axes are named "x2". */
  readonly axes: { readonly x: string; readonly y: string };
}

const value = z.union([z.string(), z.number()]);
const traceSchema = z.object({
  name: z.string().default(''),
  x: z.array(value),
  y: z.array(value),
  customdata: z.array(z.unknown()),
  text: z.union([z.string(), z.array(z.string())]).optional(),
  xaxis: z.string().default('x'),
  yaxis: z.string().default('y'),
});

const ticksSchema = z.object({ yaxis: z.object({ ticktext: z.array(z.string()) }) });

/** The points of a figure that carry data, trace by trace, each trace in the order of its values. */
export function choosablePoints({ data, layout }: FigureSource): readonly ChoosablePoint[] {
  // Rows of a dot plot have names, and their points lie around them.
  const rows = ticksSchema.safeParse(layout).data?.yaxis.ticktext;
  const placeOf = (x: string | number, y: string | number) => {
    const row = typeof y === 'number' ? rows?.[Math.round(y)] : undefined;
    return row === undefined ? [wordOf(x), wordOf(y)] : [row, wordOf(x)];
  };
  return data.flatMap((trace, traceIndex) => {
    const parsed = traceSchema.safeParse(trace);
    if (!parsed.success) return [];
    const { name, x, y, customdata, text, xaxis, yaxis } = parsed.data;
    return customdata.flatMap((customData, pointIndex): ChoosablePoint[] => {
      const [left, top] = [x[pointIndex], y[pointIndex]];
      if (customData == null || left === undefined || top === undefined) return [];
      const own = typeof text === 'object' ? text[pointIndex] : undefined;
      return [
        {
          traceIndex,
          pointIndex,
          x: left,
          y: top,
          customData,
          text: [seriesOf(name, own), ...placeOf(left, top)].filter((part) => part !== '').join(', '),
          axes: { x: xaxis, y: yaxis },
        },
      ];
    });
  });
}

/** The point that a key leads to from another: left and right along the points, up and down to another trace; null: none. */
export function stepTo(key: string, points: readonly ChoosablePoint[], from: number): number | null {
  const last = points.length - 1;
  if (key === 'ArrowRight') return Math.min(last, from + 1);
  if (key === 'ArrowLeft') return Math.max(0, from - 1);
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return null;
  const here = points[from];
  if (here === undefined) return 0;
  const isAfter = key === 'ArrowDown';
  const trace = isAfter
    ? points.find(({ traceIndex }) => traceIndex > here.traceIndex)?.traceIndex
    : points.findLast(({ traceIndex }) => traceIndex < here.traceIndex)?.traceIndex;
  const place = from - points.findIndex(({ traceIndex }) => traceIndex === here.traceIndex);
  const others = points.flatMap(({ traceIndex }, index) => (traceIndex === trace ? [index] : []));
  return others[Math.min(place, others.length - 1)] ?? from;
}

/** "LoRA, mean of 3"; of a single seed what its point says itself. */
function seriesOf(name: string, own: string | undefined): string {
  if (own === undefined || own === '') return name;
  return own.startsWith('mean') ? `${name}, ${own}` : own;
}

function wordOf(value: string | number): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))).replace('-', '−') : value;
}
