import { z } from 'zod';
import { formatCount, formatNumber } from '../../components/format/format.ts';
import type { FigureSource } from '../figure-data.ts';
import { type PlotAxes, pixelOf, valueAt } from '../plot-axes.ts';
import { cellEdges } from './draw-heatmap.ts';

/** Pixels that the pointer may be away from a point. */
const reach = 20;

const list = z.custom<ArrayLike<unknown>>((value) => Array.isArray(value) || value instanceof Float64Array);
const columns = z.custom<ArrayLike<number>>((value) => Array.isArray(value) || value instanceof Float64Array);
const matrix = z.array(list);
const hovered = { x: columns, hovertemplate: z.string(), yaxis: z.string().default('y') };
const traceSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('heatmap'),
    z: matrix,
    text: matrix.optional(),
    customdata: matrix.optional(),
    ...hovered,
  }),
  z.object({ type: z.literal('scatter'), y: columns, customdata: list.optional(), ...hovered }),
]);
type HoveredTrace = z.output<typeof traceSchema>;

interface Pointer {
  readonly left: number;
  readonly top: number;
}

/**
 * Returns the hover text at the pointer in a live figure: the cell of a heat map, or the nearest point of a curve.
 * Curve figures show their values elsewhere. Null if there is nothing.
 */
export function closestText(figure: FigureSource, axes: PlotAxes, pointer: Pointer): string | null {
  // The topmost is the last.
  for (const trace of figure.data.toReversed()) {
    const parsed = traceSchema.safeParse(trace).data;
    if (parsed === undefined || (parsed.type === 'scatter' && figure.hover !== undefined)) continue;
    const values = parsed.type === 'heatmap' ? cellAt(parsed, axes, pointer) : pointAt(parsed, axes, pointer);
    if (values !== null) return filledTemplate(parsed.hovertemplate, values);
  }
  return null;
}

type Values = Readonly<Record<string, unknown>>;

function cellAt(
  trace: Extract<HoveredTrace, { type: 'heatmap' }>,
  axes: PlotAxes,
  { left, top }: Pointer,
): Values | null {
  const [across, up] = [axes.get('x'), axes.get(trace.yaxis)];
  if (across === undefined || up === undefined || top < up.offset || top > up.offset + up.length) return null;
  if (left < across.offset || left > across.offset + across.length) return null;
  const edges = cellEdges(trace.x);
  const place = valueAt(across, left);
  const column = edges.findLastIndex((edge) => edge <= place);
  const row = Math.round(valueAt(up, top));
  const value = trace.z[row]?.[column];
  if (value === null || value === undefined) return null;
  const of = (cells: readonly ArrayLike<unknown>[] | undefined) => cells?.[row]?.[column];
  return { x: trace.x[column], y: row, z: value, text: of(trace.text), customdata: of(trace.customdata) };
}

function pointAt(
  trace: Extract<HoveredTrace, { type: 'scatter' }>,
  axes: PlotAxes,
  { left, top }: Pointer,
): Values | null {
  const [across, up] = [axes.get('x'), axes.get(trace.yaxis)];
  if (across === undefined || up === undefined) return null;
  let nearest: Values | null = null;
  let least = reach;
  for (let index = 0; index < trace.x.length; index++) {
    const [x, y] = [trace.x[index] ?? Number.NaN, trace.y[index] ?? Number.NaN];
    const distance = Math.hypot(pixelOf(across, x) - left, pixelOf(up, y) - top);
    if (!(distance < least)) continue;
    least = distance;
    nearest = { x, y, customdata: trace.customdata?.[index] };
  }
  return nearest;
}

/** The template with its values, lines broken as it says. */
export function filledTemplate(template: string, values: Values): string {
  return template
    .replace(/<extra>.*<\/extra>/, '')
    .replaceAll('<br>', '\n')
    .replaceAll(/%\{(\w+)(?::\.(\d+)~?([gf]))?\}/g, (_, name: string, digits: string | undefined, kind: string) => {
      const value = values[name];
      if (typeof value !== 'number') return typeof value === 'string' ? unescaped(value) : '';
      if (kind === 'f') return value.toFixed(Number(digits)).replace('-', '−');
      if (digits === undefined && Number.isInteger(value)) return formatCount(value);
      return formatNumber(value, digits === undefined ? 4 : Number(digits));
    });
}

/** Names are in templates as plotly shows them. */
function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
