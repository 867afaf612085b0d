import { z } from 'zod';
import type { FigureHover } from '../../src-shared/figures/index.ts';
import { csvField } from '../../src-shared/studies/report/table-csv.ts';

/** A plotly figure as the pure figure functions make it: traces and layout. */
export interface FigureSource {
  readonly data: readonly object[];
  readonly layout: object;
  /** Description of the measurement and the uncertainty drawn, shown under the figure. */
  readonly caption?: string;
  /** Quantity on the x axis of a curve figure; see `Figure`. */
  readonly hover?: FigureHover;
}

const seriesSchema = z.custom<ArrayLike<unknown>>(
  (value) => Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)),
);
const traceSchema = z.looseObject({
  name: z.string().optional(),
  x: seriesSchema.optional(),
  y: seriesSchema.optional(),
  z: z.custom<ArrayLike<ArrayLike<unknown>>>((value) => Array.isArray(value)).optional(),
  /** Values of a heat map on a logarithmic scale; z has their logarithms. */
  customdata: z.array(z.array(z.number().nullable())).optional().catch(undefined),
  error_y: z.looseObject({ array: seriesSchema.optional() }).optional(),
});

/** One value of a figure: its trace, where it is, and, where the figure has them, z and half the error bar. */
export interface FigureValue {
  readonly trace: string;
  readonly x: unknown;
  readonly y: unknown;
  readonly z?: unknown;
  readonly error?: unknown;
}

/** Every value that a figure shows, trace by trace. */
export function figureValues(figure: FigureSource): FigureValue[] {
  return figure.data.flatMap((raw, index): FigureValue[] => {
    const parsed = traceSchema.safeParse(raw);
    if (!parsed.success) return [];
    const { name: trace = `trace ${index + 1}`, x, y, z: drawn, customdata, error_y: error } = parsed.data;
    const amounts = drawn && (customdata ?? drawn);
    if (amounts)
      return Array.from(amounts, (line, row) =>
        Array.from(line ?? [], (z, column) => ({ trace, x: x?.[column] ?? column, y: y?.[row] ?? row, z })),
      ).flat();
    const length = Math.max(x?.length ?? 0, y?.length ?? 0);
    return Array.from({ length }, (_, point) => ({
      trace,
      x: x?.[point] ?? point,
      y: y?.[point],
      error: error?.array?.[point],
    }));
  });
}

/** The same as CSV, one row a point. */
export function figureToCsv(figure: FigureSource): string {
  const rows = figureValues(figure).map(({ trace, x, y, z: amount, error }) =>
    [trace, x, y, amount, error].map(csvCell).join(','),
  );
  return `${['trace,x,y,z,error', ...rows].join('\n')}\n`;
}

function csvCell(value: unknown): string {
  return value === null || value === undefined ? '' : csvField(String(value));
}
