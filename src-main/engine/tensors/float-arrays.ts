import type { HostTensor } from './host-tensor.ts';
import { commonSpace, type StagingSpace } from './staging.ts';

type Values = HostTensor['data'];

/** Block size: the double-precision sums stay in the first-level cache. */
const chunk = 2048;

/**
 * target = Σ coefficientᵢ · arrayᵢ, summed in double precision and rounded to float32 once. All of one length. Arrays of one arena
 * are summed by its kernels, with the same bits.
 */
export function sumInto(target: Float32Array, arrays: readonly Values[], coefficients: readonly number[]): void {
  const space = spaceOf(target, arrays);
  const totals = new Float64Array(space ? 0 : chunk);
  if (space) new Float64Array(space.memory.buffer, space.scratchAddress, chunk).fill(0);
  for (let start = 0; start < target.length; start += chunk) {
    const count = Math.min(chunk, target.length - start);
    for (const [index, values] of arrays.entries()) {
      const factor = coefficients[index] ?? 0;
      if (space) space.run('add_scaled', addressOf(values, start), space.scratchAddress, count, factor);
      else addScaled(totals, values, start, count, factor);
    }
    if (space) space.run('take_totals', space.scratchAddress, addressOf(target, start), count);
    else {
      for (let at = 0; at < count; at++) target[start + at] = totals[at] ?? 0;
      totals.fill(0);
    }
  }
}

/** target[start + i] = factor · values[i], multiplied in double precision and rounded once. */
export function scaleInto(target: Float32Array, start: number, values: Values, factor: number): void {
  const space = spaceOf(target, [values]);
  if (space) space.run('scale', addressOf(values, 0), addressOf(target, start), values.length, factor);
  else for (let at = 0; at < values.length; at++) target[start + at] = factor * (values[at] ?? 0);
}

/** Copies rows of `width` values into rows of `stride`, from `column` on. */
export function layRows(target: Float32Array, column: number, stride: number, values: Values, width: number): void {
  const rows = width === 0 ? 0 : values.length / width;
  const space = spaceOf(target, [values]);
  if (space) {
    space.run('lay_rows', addressOf(values, 0), addressOf(target, column), rows, width, stride);
    return;
  }
  for (let row = 0; row < rows; row++)
    for (let at = 0; at < width; at++) target[row * stride + column + at] = values[row * width + at] ?? 0;
}

/** Returns true if no value is NaN or infinite. */
export function allFinite(values: Values): boolean {
  const space = spaceOf(values, []);
  if (space) return space.run('float32', addressOf(values, 0), values.length) === 1;
  // Zero times a value is NaN where the value is not finite, and a sum with a NaN stays one.
  let zeros = 0;
  for (let at = 0; at < values.length; at++) zeros += 0 * (values[at] ?? 0);
  return zeros === 0;
}

/** The space whose kernels can process these arrays. */
function spaceOf(target: Values, arrays: readonly Values[]): StagingSpace | null {
  const all = [target, ...arrays];
  return all.every((values) => values instanceof Float32Array) ? commonSpace(all) : null;
}

function addressOf(values: Values, start: number): number {
  return values.byteOffset + start * values.BYTES_PER_ELEMENT;
}

function addScaled(totals: Float64Array, values: Values, start: number, count: number, factor: number): void {
  for (let at = 0; at < count; at++) totals[at] = (totals[at] ?? 0) + factor * (values[start + at] ?? 0);
}
