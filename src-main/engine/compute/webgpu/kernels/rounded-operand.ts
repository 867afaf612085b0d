import type { RoundedOperand } from './matmul-form.ts';

type OperandName = 'a' | 'b' | 'a2' | 'b2';

/**
 * Exponents of the powers of two by which operands are multiplied before they are rounded to float16, whose usual values begin at 6e-5
 * and end at 65 504. Gradients of a mean over tokens are far smaller: what loss scaling does for a whole pass is done here for a
 * product, and taken back from its float32 sums, so that neither losses nor stored gradients know of it. Of values, an adapter's B is
 * small. Both products are added up in the same sums: theirs are the same in all.
 */
const exponents: Readonly<Record<RoundedOperand, Readonly<Record<OperandName, number>>>> = {
  values: { a: 0, b: 0, a2: -6, b2: 6 },
  gradients: { a: 12, b: 0, a2: 12, b2: 0 },
};

/** What an operand is multiplied by as it is rounded. */
export function factorBefore(rounded: RoundedOperand | null, name: OperandName): number {
  return rounded === null ? 1 : 2 ** exponents[rounded][name];
}

/** What the sums are multiplied by for it. */
export function factorAfter(rounded: RoundedOperand | null): number {
  return 1 / (factorBefore(rounded, 'a') * factorBefore(rounded, 'b'));
}

/** WGSL: `rounded(four)` in float16. What is finite stays so, what is not is not made finite. */
export const roundingFunction = `
fn rounded(four: vec4<f32>) -> vec4<f16> {
  let finite = (bitcast<vec4<u32>>(four) & vec4<u32>(0x7fffffffu)) < vec4<u32>(0x7f800000u);
  return vec4<f16>(select(four, clamp(four, vec4<f32>(-65504.0), vec4<f32>(65504.0)), finite));
}`;
