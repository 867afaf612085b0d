import type { GpuBinding } from '../program.ts';

/** b of a product is W ∘ (1 + scale · B·A) of W [out, in], A [r, in] and B [out, r], made as it is read. */
export interface FactoredForm {
  /** W ∘ (scale · B·A). */
  readonly updateOnly: boolean;
  /** True if r is a multiple of four. */
  readonly isInFours: boolean;
}

export const factoredUniforms = [
  ['rank', 'u32'],
  ['factor_scale', 'f32'],
] as const;

export function factoredBindings({ isInFours }: FactoredForm, isWide: boolean): GpuBinding[] {
  return [
    { name: 'factor_a', type: isWide ? 'vec4<f32>' : 'f32' },
    { name: 'factor_b', type: isInFours ? 'vec4<f32>' : 'f32' },
  ];
}

/**
 * WGSL: `one_factor(out, in)`, what the weight's value there is multiplied by, and where rows of A are whole fours (`isWide`)
 * `four_factor(out, in)` of four inputs. `inputs`: their number.
 */
export function factorOf({ updateOnly, isInFours }: FactoredForm, inputs: string, isWide: boolean): string {
  const start = updateOnly ? '0.0' : '1.0';
  // Four values of A side by side, or one.
  const sum = (type: string, at: (row: string) => string) =>
    isInFours
      ? `
  for (var r = 0u; r < u.rank; r += 4u) {
    let four = factor_b[(row * u.rank + r) / 4u];
    sum += ${[0, 1, 2, 3].map((step) => `four[${step}] * ${at(`(r + ${step}u)`)}`).join(' + ')};
  }
  return ${type}(${start}) + u.factor_scale * sum;`
      : `
  for (var r = 0u; r < u.rank; r++) { sum += factor_b[row * u.rank + r] * ${at('r')}; }
  return ${type}(${start}) + u.factor_scale * sum;`;
  const one = isWide
    ? 'fn one_factor(row: u32, column: u32) -> f32 { return four_factor(row, column & ~3u)[column & 3u]; }'
    : `fn one_factor(row: u32, column: u32) -> f32 {
  var sum = 0.0;${sum('f32', (r) => `factor_a[${r} * ${inputs} + column]`)}
}`;
  if (!isWide) return one;
  return `fn four_factor(row: u32, column: u32) -> vec4<f32> {
  var sum = vec4<f32>(0.0);${sum('vec4<f32>', (r) => `factor_a[(${r} * ${inputs} + column) / 4u]`)}
}
${one}`;
}
