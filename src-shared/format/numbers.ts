import { groupMark } from './locale.ts';

/** Number formats for people, shared by window, command and reports; files for programs keep JavaScript's own form. */

export const missing = '–';
export type MaybeNumber = number | null | undefined;

/** A true minus sign (U+2212): a hyphen is shorter than a plus, and lines break after it. */
function withMinus(text: string): string {
  return text.replaceAll('-', '−');
}

/** Three significant figures; large and tiny numbers in powers of ten. */
export function formatNumber(value: MaybeNumber, digits = 3): string {
  if (value === null || value === undefined) return missing;
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text =
    size >= 1e6 || size < 1e-3
      ? value
          .toExponential(digits - 1)
          .replace(/\.?0+e/, 'e')
          .replace('e+', 'e')
      : size >= 10 ** digits
        ? formatCount(value)
        : value.toPrecision(digits);
  return withMinus(text);
}

/** A count in full, thousands set apart by the locale's mark: "1,640,645". */
export function formatCount(value: MaybeNumber): string {
  if (value === null || value === undefined) return missing;
  const whole = Math.round(value);
  // The browser's own way loads its data of languages first, which takes longer than the rest of a small page.
  const text = Number.isSafeInteger(whole) ? grouped(whole) : whole.toLocaleString('en-US');
  return withMinus(text);
}

/** A count of parameters as models are called by it: "1.64M", "1.24B". */
export function formatShortCount(value: number): string {
  for (const [unit, letter] of [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const)
    if (value >= 0.9995 * unit) return `${Number((value / unit).toPrecision(3))}${letter}`;
  return String(value);
}

function grouped(whole: number): string {
  return String(whole).replaceAll(/\B(?=(\d{3})+$)/g, groupMark());
}

/** A share (0..1) as a number of percent with three significant figures, without the sign: the unit is the column's. */
export function formatPercent(share: MaybeNumber): string {
  if (share === null || share === undefined || Number.isNaN(share)) return missing;
  const percent = share * 100;
  const size = Math.abs(percent);
  return formatFixed(percent, size >= 99.95 ? 0 : size < 10 ? 2 : 1);
}

/** So many decimals; what rounds to zero has no sign: "0.123", "−2.00", "0.0". */
export function formatFixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : withMinus(text);
}

/** A difference with its sign: "+1.2", "−0.4", "0.0". */
export function formatSigned(value: number, digits: number): string {
  const text = formatFixed(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** "1 run", "3 runs", "1,200 runs". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A probability: "0.062", "< 0.001". */
export function probabilityText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}
