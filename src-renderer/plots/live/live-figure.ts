import { z } from 'zod';
import type { FigureSource } from '../figure-data.ts';

/** The part of a figure that is drawn on a canvas, and the layout of what plotly draws around it. */
export interface LiveFigure {
  /** In the order in which they lie on each other. */
  readonly traces: readonly (LiveCurve | LiveHeatmap)[];
  readonly lines: readonly LiveLine[];
  /** Without the lines above. */
  readonly layout: Readonly<Record<string, unknown>>;
}

type Numbers = ArrayLike<number | null>;

const isNumber = (value: unknown): boolean => typeof value === 'number' || value === null;
const numbersSchema = z.custom<Numbers>(
  (value) =>
    value instanceof Float64Array ||
    value instanceof Int32Array ||
    (Array.isArray(value) && isNumber(value[0] ?? null) && isNumber(value.at(-1) ?? null)),
);
const dash = z.enum(['solid', 'dot', 'dash', 'longdash', 'dashdot']).default('solid');
const place = { xaxis: z.literal('x').default('x'), yaxis: z.string().default('y') };

const curveSchema = z.object({
  type: z.literal('scatter'),
  mode: z.enum(['lines', 'markers', 'lines+markers']).default('lines'),
  x: numbersSchema,
  y: numbersSchema,
  line: z.object({ color: z.string().optional(), width: z.number().default(2), dash }).prefault({}),
  marker: z.object({ color: z.string().optional(), size: z.number().default(6) }).prefault({}),
  fill: z.enum(['none', 'tonexty', 'toself']).default('none'),
  fillcolor: z.string().optional(),
  visible: z.boolean().default(true),
  error_y: z
    .object({ array: numbersSchema, thickness: z.number().default(2), width: z.number().default(4) })
    .optional(),
  ...place,
});
export type LiveCurve = z.output<typeof curveSchema>;

const heatmapSchema = z.object({
  type: z.literal('heatmap'),
  x: numbersSchema,
  /** Rows are counted from 0: each has the same height. */
  y: numbersSchema.refine((rows) => Array.from(rows).every((row, index) => row === index)),
  z: z.custom<readonly Numbers[]>((value) => Array.isArray(value)),
  zmin: z.number().optional(),
  zmax: z.number().optional(),
  colorscale: z.array(z.tuple([z.number(), z.string()])),
  showscale: z.boolean().default(true),
  colorbar: z.unknown(),
  ...place,
});
export type LiveHeatmap = z.output<typeof heatmapSchema>;

const traceSchema = z.discriminatedUnion('type', [curveSchema, heatmapSchema]);

/** `y domain` spans the axis' part of the plot, `paper` all of it. */
const heightSchema = z.templateLiteral([z.string().regex(/^y\d*$/), ' domain']).or(z.literal('paper'));
const lineSchema = z.object({
  type: z.literal('line'),
  xref: z.literal('x'),
  x0: z.number(),
  x1: z.number(),
  yref: heightSchema,
  y0: z.number(),
  y1: z.number(),
  line: z.object({ color: z.string(), width: z.number().default(2), dash }),
});
export type LiveLine = z.output<typeof lineSchema>;

const layoutSchema = z.looseObject({
  showlegend: z.literal(false).optional(),
  shapes: z.array(z.unknown()).default([]),
});

/** Reads what a canvas can draw of a figure; null where a trace is of another kind, or a legend names traces. */
export function readLive(figure: FigureSource): LiveFigure | null {
  const traces = z.array(traceSchema).safeParse(figure.data).data;
  const layout = layoutSchema.safeParse(figure.layout).data;
  if (traces === undefined || layout === undefined) return null;
  const lines: LiveLine[] = [];
  const others: unknown[] = [];
  for (const shape of layout.shapes) {
    const line = lineSchema.safeParse(shape);
    if (line.success) lines.push(line.data);
    else others.push(shape);
  }
  return { traces, lines, layout: { ...layout, shapes: others } };
}
