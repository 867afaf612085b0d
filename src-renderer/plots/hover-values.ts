import { z } from 'zod';
import type { FigureHover } from '../../src-shared/figures/index.ts';
import { formatFixed } from '../../src-shared/format/numbers.ts';
import { formatNumber } from '../components/format/format.ts';
import { figureStrings } from '../strings/figures.ts';

/** A curve's point nearest the pointer. */
export interface HoverValue {
  readonly name: string;
  readonly color: string;
  /** Text with its unit, formatted by the curve's hover template. */
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly traceIndex: number;
  readonly pointIndex: number;
  readonly customData: unknown;
}

const numbers = z.custom<ArrayLike<number>>((value) => Array.isArray(value) || value instanceof Float64Array);
const curveSchema = z.object({
  type: z.literal('scatter'),
  name: z.string().default(''),
  x: numbers,
  y: numbers,
  customdata: z.array(z.unknown()).optional(),
  hovertemplate: z.string(),
  line: z.object({ color: z.string() }).optional(),
  marker: z.object({ color: z.string().optional() }).optional(),
});

/**
 * Returns the values of a figure's curves nearest to `x`. Traces without a hover template (bands, raw values) are left
 * out.
 */
export function valuesAt(data: readonly object[], x: number, unit = ''): HoverValue[] {
  return data.flatMap((trace, traceIndex) => {
    const parsed = curveSchema.safeParse(trace);
    if (!parsed.success || parsed.data.x.length === 0) return [];
    const curve = parsed.data;
    const at = nearest(curve.x, x);
    const y = curve.y[at] ?? Number.NaN;
    if (!Number.isFinite(y)) return [];
    return [
      {
        name: curve.name,
        color: curve.line?.color ?? curve.marker?.color ?? 'currentColor',
        text: filled(curve.hovertemplate, y, curve.customdata?.[at], unit),
        x: curve.x[at] ?? x,
        y,
        traceIndex,
        pointIndex: at,
        customData: curve.customdata?.[at] ?? null,
      },
    ];
  });
}

/** "step 207", "after 12.4 s", "1,024 examples". */
export function hoverHead(hover: FigureHover, x: number): string {
  if (hover === 'step') return figureStrings.atStep(x);
  if (hover === 'time') return figureStrings.afterSeconds(formatNumber(x));
  return figureStrings.atExamples(x);
}

/** Index of the value of a rising column that is nearest. */
function nearest(column: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = column.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((column[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  const before = low - 1;
  const isNearer = before >= 0 && wanted - (column[before] ?? 0) <= (column[low] ?? 0) - wanted;
  return isNearer ? before : low;
}

const axisTitle = z.object({ yaxis: z.object({ title: z.object({ text: z.string() }) }) });

/** The unit in the title of a figure's y axis: "accuracy (%)" has "%". */
export function unitOf(layout: object): string {
  const text = axisTitle.safeParse(layout).data?.yaxis.title.text ?? '';
  return /\(([^()]+)\)$/.exec(text)?.[1] ?? '';
}

/** The template with the value in place of plotly's `%{y:.4g}`, and half an interval in place of ` ± %{customdata:.2g}`. */
function filled(template: string, y: number, customData: unknown, unit: string): string {
  const bare = template.replace(/<extra>.*<\/extra>/, '');
  const shown = bare.replace(/ ± %\{customdata:([^}]*)\}/, (_, format: string) =>
    typeof customData === 'number' && customData > 0 ? ` ± ${formatted(customData, format)}` : '',
  );
  const withUnit = bare.endsWith('}') && unit !== '' ? `${shown} ${unit}` : shown;
  return withUnit.replace(/%\{y(?::([^}]*))?\}/, (_, format = '') => formatted(y, format));
}

/** A number in the format of d3: fixed digits (`.1f`), or significant figures (`.4g`, `.3r`; default: four). */
function formatted(value: number, format: string): string {
  const [, digits = '4', kind = 'g'] = /^\.(\d+)~?([gfr])$/.exec(format) ?? [];
  return kind === 'f' ? formatFixed(value, Number(digits)) : formatNumber(value, Number(digits));
}
