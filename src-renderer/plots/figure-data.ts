import { z } from 'zod';
import type { FigureHover } from '../../src-shared/figures/index.ts';

/** A plotly figure as the pure figure functions make it: traces and layout. */
export interface FigureSource {
  readonly data: readonly object[];
  readonly layout: object;
  /** What was measured and what uncertainty is drawn; shown under the figure. */
  readonly caption?: string;
  /** What the x axis counts, of a figure of curves; see `Figure`. */
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
  /** Of a heat map on a logarithmic scale: its values, whose logarithms z has. */
  customdata: z.array(z.array(z.number().nullable())).optional().catch(undefined),
  error_y: z.looseObject({ array: seriesSchema.optional() }).optional(),
});

/** Every value that a figure shows, one row a point: trace, x, y and, where the figure has them, z and half the error bar. */
export function figureToCsv(figure: FigureSource): string {
  const rows: string[] = ['trace,x,y,z,error'];
  figure.data.forEach((raw, index) => {
    const parsed = traceSchema.safeParse(raw);
    if (!parsed.success) return;
    const { name = `trace ${index + 1}`, x, y, z: drawn, customdata, error_y: error } = parsed.data;
    const amounts = drawn && (customdata ?? drawn);
    if (amounts) {
      for (let row = 0; row < amounts.length; row++) {
        const line = amounts[row] ?? [];
        for (let column = 0; column < line.length; column++)
          rows.push([name, x?.[column] ?? column, y?.[row] ?? row, line[column], ''].map(csvCell).join(','));
      }
      return;
    }
    const length = Math.max(x?.length ?? 0, y?.length ?? 0);
    for (let point = 0; point < length; point++)
      rows.push([name, x?.[point] ?? point, y?.[point], '', error?.array?.[point]].map(csvCell).join(','));
  });
  return `${rows.join('\n')}\n`;
}

/** A cell as RFC 4180 writes it: quoted where it holds a comma, a quote or a line end. */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
