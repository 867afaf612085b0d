import type { RoundedOperand } from './matmul-form.ts';

type OperandName = 'a' | 'b' | 'a2' | 'b2';

/**
 * Exponents of the powers of two that scale operands before they are rounded to float16, whose normal range is 6e-5 to
 * 65 504. Gradients of a mean over tokens are far smaller. This is loss scaling for a single product: its float32 sums
 * are scaled back, so losses and stored gradients are unaffected. Among values, an adapter's B is small. Both products
 * share their sums, so their total scale is the same.
 */
const exponents: Readonly<Record<RoundedOperand, Readonly<Record<OperandName, number>>>> = {
  values: { a: 0, b: 0, a2: -6, b2: 6 },
  gradients: { a: 12, b: 0, a2: 12, b2: 0 },
};

/** Returns the factor of an operand before rounding. */
export function factorBefore(rounded: RoundedOperand | null, name: OperandName): number {
  return rounded === null ? 1 : 2 ** exponents[rounded][name];
}

/** Returns the factor of the sums that undoes it. */
export function factorAfter(rounded: RoundedOperand | null): number {
  return 1 / (factorBefore(rounded, 'a') * factorBefore(rounded, 'b'));
}

/** WGSL: `rounded(four)` in float16. Finite values stay finite, and others are not made finite. */
export const roundingFunction = `
fn rounded(four: vec4<f32>) -> vec4<f16> {
  let finite = (bitcast<vec4<u32>>(four) & vec4<u32>(0x7fffffffu)) < vec4<u32>(0x7f800000u);
  return vec4<f16>(select(four, clamp(four, vec4<f32>(-65504.0), vec4<f32>(65504.0)), finite));
}`;
