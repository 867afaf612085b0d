/**
 * WGSL of `sum_all` and `max_all`: over the `size` invocations of a workgroup, a power of two. Each must be called by all of
 * them; all get the result.
 */
export function reductions(size: number): string {
  const reduction = (name: string, combined: string) => /* wgsl */ `
fn ${name}(value: f32, lane: u32) -> f32 {
  shared_values[lane] = value;
  workgroupBarrier();
  for (var half = ${size / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) {
      let one = shared_values[lane];
      let other = shared_values[lane + half];
      shared_values[lane] = ${combined};
    }
    workgroupBarrier();
  }
  let result = shared_values[0];
  workgroupBarrier();
  return result;
}`;
  return `
var<workgroup> shared_values: array<f32, ${size}>;
${reduction('sum_all', 'one + other')}
${reduction('max_all', 'max(one, other)')}
`;
}
