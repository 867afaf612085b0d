import { decodingOf } from '../encodings/index.ts';
import type { MatmulForm } from './matmul-form.ts';
import { factorAfter } from './rounded-operand.ts';

/** WGSL: `store(row, column, sum)`, one or four sums with all that follows the product, where they are in the result. */
export function storeOf(form: MatmulForm, isWide: boolean): string {
  const four = isWide ? ' / 4u' : '';
  const after = factorAfter(form.rounded);
  const { multiplierEncoding } = form;
  const multiplier =
    multiplierEncoding === null ? 'multiplier[at]' : isWide ? 'four_multiplier(4u * at)' : 'one_multiplier(at)';
  return `
${decodingOf(multiplierEncoding, 'multiplier', '(u.m * u.n)')}
fn store(row: u32, column: u32, sum: ${isWide ? 'vec4<f32>' : 'f32'}) {
  if (row >= u.m || column >= u.n) { return; }
  let at = ((row + u.y_row) * u.n + column)${four};
  var value = sum${after === 1 ? '' : ` * ${after}`};
  ${form.hasGain ? `product[at] = value;\n  value *= gain[column${four}];` : ''}
  ${form.hasBias ? `value += bias[column${four}];` : ''}
  ${form.hasAddend ? 'value += addend[at];' : ''}
  ${form.hasMultiplier ? `value *= ${multiplier};` : ''}
  y[at] = value;
}`;
}
