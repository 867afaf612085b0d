import type { SubgroupMatrices } from '../../../src-main/engine/compute/webgpu/kernels/subgroup-matrices.ts';
import { type GpuProgram, sourceOf } from '../../../src-main/engine/compute/webgpu/program.ts';

/** Invocations that stand for a subgroup. */
export const emulatedSubgroup = 32;

/**
 * The same program for a device without subgroup matrices. Its schedule is kept; its builtins are functions over the workgroup's
 * memory: an operand is a place there, and of sums each invocation of a subgroup has its share.
 */
export function emulated(program: GpuProgram, { component, m, n, k }: SubgroupMatrices): GpuProgram {
  const left = `<subgroup_matrix_left<${component}, ${k}, ${m}>, row_major>(&a_tile, `;
  const right = `<subgroup_matrix_right<${component}, ${n}, ${k}>`;
  const share = (m * n) / emulatedSubgroup;
  let matrices = 0;
  const body = program.body
    .replaceAll(`: subgroup_matrix_result<f32, ${n}, ${m}>;`, () => ` = Sums(${share * matrices++}u);`)
    .replaceAll(`subgroupMatrixLoad${left}`, 'Operand(')
    .replaceAll(`subgroupMatrixLoad${right}, col_major>(&b_tile, `, 'Operand(')
    .replaceAll(`subgroupMatrixLoad${right}, row_major>(&b_tile, `, 'Operand(')
    .replaceAll('subgroupMatrixMultiplyAccumulate(', 'multiply_accumulate(')
    .replaceAll('subgroupMatrixStore<row_major>(&sums, ', 'store_sums(');
  const place = program.body.includes('col_major')
    ? 'right.offset + column * right.stride + i'
    : 'right.offset + i * right.stride + column';
  return {
    ...program,
    name: `emulated_${program.name}`,
    directives: (program.directives ?? []).filter((directive) => directive === 'enable f16;'),
    hasSubgroups: false,
    declarations: `${program.declarations ?? ''}
struct Operand { offset: u32, stride: u32 }
struct Sums { first: u32 }
var<private> own: array<f32, ${share * matrices}>;
var<private> in_subgroup: u32;
fn multiply_accumulate(left: Operand, right: Operand, sums_of: Sums) -> Sums {
  for (var element = 0u; element < ${share}u; element++) {
    let row = (element * ${emulatedSubgroup}u + in_subgroup) / ${n}u;
    let column = (element * ${emulatedSubgroup}u + in_subgroup) % ${n}u;
    var sum = own[sums_of.first + element];
    for (var i = 0u; i < ${k}u; i++) {
      sum += f32(a_tile[left.offset + row * left.stride + i]) * f32(b_tile[${place}]);
    }
    own[sums_of.first + element] = sum;
  }
  return sums_of;
}
fn store_sums(offset: u32, stored: Sums, stride: u32) {
  for (var element = 0u; element < ${share}u; element++) {
    let at = element * ${emulatedSubgroup}u + in_subgroup;
    sums[offset + at / ${n}u * stride + at % ${n}u] = own[stored.first + element];
  }
}`,
    body: `in_subgroup = lane % ${emulatedSubgroup}u;\nlet subgroup = lane / ${emulatedSubgroup}u;\n${body}`,
  };
}

/** Words of a program that only devices with subgroup matrices have. */
export function foreignWords(program: GpuProgram): string[] {
  return sourceOf(program).match(/subgroup_?[mM]atrix\w*/g) ?? [];
}
