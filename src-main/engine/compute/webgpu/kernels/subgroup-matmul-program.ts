import { setUpOf } from '../encodings/index.ts';
import type { GpuProgram } from '../program.ts';
import { type Inner, innerOf, lines, type MatmulForm, steps } from './matmul-form.ts';
import { extrasOf, matmulUniforms, operandsOf, putInto } from './matmul-operands.ts';
import { storeOf } from './matmul-store.ts';
import type { MatmulTile } from './matmul-tiles.ts';
import { type SubgroupMatrices, subgroupBlock } from './subgroup-matrices.ts';

/** Subgroups of a workgroup, down and across. More there may be, where they are small: they only load. */
const [down, across] = [2, 2];

/** Rows and columns of the result of a workgroup. */
const [rows, columns] = [down * subgroupBlock, across * subgroupBlock];

/** Returns a workgroup's tile, with subgroups in place of invocations: the same for products of any size. */
export function subgroupTile({ component }: SubgroupMatrices): MatmulTile {
  const depth = (component === 'f16' ? subgroupBlock : subgroupBlock / 2) / 4;
  return { name: 'subgroups', across, down, rows: subgroupBlock, columns: subgroupBlock, slices: 1, depth };
}

/** Bytes of a row of a tile to the next but for its values: whole sixteens, as loads want them, and no two rows in a bank. */
const padding = 16;

interface Plan extends SubgroupMatrices {
  readonly inner: Inner;
  /** Steps of k at a time. */
  readonly depth: number;
  /** Components between rows of a tile. */
  readonly strides: { readonly a: number; readonly b: number };
}

/** Counterpart of `matmulProgram` with subgroups: tiles in workgroup memory, sums in the subgroups' registers. */
export function subgroupMatmulProgram(form: MatmulForm, matrices: SubgroupMatrices): GpuProgram {
  const { component, m, n } = matrices;
  const inner = innerOf(form);
  if (inner === 'outer') throw new Error('subgroups multiply no transposed left operand');
  const depth = 4 * form.tile.depth;
  const pad = padding / (component === 'f16' ? 2 : 4);
  const strides = { a: depth + pad, b: (inner === 'dot' ? depth : columns) + pad };
  const plan: Plan = { ...matrices, inner, depth, strides };
  const isWide = inner === 'mixed' && form.isAligned;
  const operands = operandsOf(form);
  const extras = extrasOf(form, isWide);
  const blocks = { rows: steps(subgroupBlock / m), columns: steps(subgroupBlock / n) };
  const name = [
    'subgroup_matmul',
    inner,
    `${m}x${n}x${matrices.k}`,
    component,
    form.encoding,
    form.factored && 'factored',
  ];
  return {
    name: name.filter((part) => part !== null).join('_'),
    directives: [
      ...(component === 'f16' ? ['enable f16;'] : []),
      'enable subgroups;',
      'enable chromium_experimental_subgroup_matrix;',
      // The compiler cannot prove that the subgroup's index is the same for all of its invocations.
      'diagnostic(off, chromium.subgroup_matrix_uniformity);',
    ],
    hasSubgroups: true,
    reads: [...operands.bindings, ...extras.reads],
    writes: extras.writes,
    uniforms: matmulUniforms(form),
    workgroup: [down * across * matrices.subgroup, 1, 1],
    declarations: lines([
      `var<workgroup> a_tile: array<${component}, ${rows * strides.a}>;`,
      `var<workgroup> b_tile: array<${component}, ${(inner === 'dot' ? columns : depth) * strides.b}>;`,
      `var<workgroup> sums: array<f32, ${down * m * columns}>;`,
      operands.code,
      storeOf(form, isWide),
    ]),
    body: lines([
      setUpOf(form.encoding ?? form.multiplierEncoding),
      `let row0 = workgroup.y * ${rows}u;`,
      `let column0 = workgroup.x * ${columns}u;`,
      `let subgroup_row = subgroup / ${across}u;`,
      `let subgroup_column = subgroup % ${across}u;`,
      ...blocks.rows.flatMap((i) =>
        blocks.columns.map((j) => `var s${i}_${j}: subgroup_matrix_result<f32, ${n}, ${m}>;`),
      ),
      product(plan, form, ['a', 'b', 'k']),
      form.second ? product(plan, form, ['a2', 'b2', 'k2']) : '',
      ...blocks.rows.map((i) => storeBlock(plan, i, isWide)),
    ]),
  };
}

/** Adds the products of all of k to the sums. */
function product(
  plan: Plan,
  form: MatmulForm,
  [a, b, k]: readonly ['a', 'b', 'k'] | readonly ['a2', 'b2', 'k2'],
): string {
  const { depth } = plan;
  return `
  for (var k0 = 0u; k0 < u.${k}; k0 += ${depth}u) {
${fill(plan, form, a)}
${fill(plan, form, b)}
    workgroupBarrier();
    if (subgroup < ${down * across}u) {
${lines(steps(depth / plan.k).map((step) => multiply(plan, step * plan.k)))}
    }
    workgroupBarrier();
  }`;
}

/** Loads a tile, one four an invocation at a time: rows of a along k, of b along k (a·bᵀ) or along its columns (a·b). */
function fill({ inner, depth, strides, subgroup }: Plan, form: MatmulForm, name: 'a' | 'b' | 'a2' | 'b2'): string {
  const isA = name.startsWith('a');
  const [side, start] = isA ? (['a', 'row0'] as const) : (['b', 'column0'] as const);
  const alongK = isA || inner === 'dot';
  const free = isA ? rows : columns;
  const [count, fours] = alongK ? [free, depth / 4] : [depth, free / 4];
  const load = alongK ? `${start} + line, k0 + 4u * four` : `${start} + 4u * four, k0 + line`;
  return `
    for (var place = lane; place < ${count * fours}u; place += ${down * across * subgroup}u) {
      let line = place / ${fours}u;
      let four = place % ${fours}u;
      let values = ${putInto(form, name, load)};
      let at = line * ${strides[side]}u + 4u * four;
${lines(steps(4).map((step) => `${side}_tile[at + ${step}u] = values[${step}];`))}
    }`;
}

function multiply({ component, m, n, k, inner, strides }: Plan, kStart: number): string {
  const blocks = { rows: steps(subgroupBlock / m), columns: steps(subgroupBlock / n) };
  const left = (i: number) =>
    `let a${i} = subgroupMatrixLoad<subgroup_matrix_left<${component}, ${k}, ${m}>, row_major>(&a_tile, (subgroup_row * ${subgroupBlock}u + ${i * m}u) * ${strides.a}u + ${kStart}u, ${strides.a}u);`;
  const column = (j: number) => `subgroup_column * ${subgroupBlock}u + ${j * n}u`;
  const right = (j: number) =>
    inner === 'dot'
      ? `let b${j} = subgroupMatrixLoad<subgroup_matrix_right<${component}, ${n}, ${k}>, col_major>(&b_tile, (${column(j)}) * ${strides.b}u + ${kStart}u, ${strides.b}u);`
      : `let b${j} = subgroupMatrixLoad<subgroup_matrix_right<${component}, ${n}, ${k}>, row_major>(&b_tile, ${kStart}u * ${strides.b}u + ${column(j)}, ${strides.b}u);`;
  return lines([
    '{',
    ...blocks.rows.map(left),
    ...blocks.columns.map(right),
    ...blocks.rows.flatMap((i) =>
      blocks.columns.map((j) => `s${i}_${j} = subgroupMatrixMultiplyAccumulate(a${i}, b${j}, s${i}_${j});`),
    ),
    '}',
  ]);
}

/** Stores the sums of the i-th row of matrices of every subgroup, by way of the workgroup's memory. */
function storeBlock({ m, n, subgroup }: Plan, i: number, isWide: boolean): string {
  const width = isWide ? 4 : 1;
  const sum = isWide ? `vec4<f32>(${steps(4).map((step) => `sums[at + ${step}u]`)})` : 'sums[at]';
  return `
  if (subgroup < ${down * across}u) {
${lines(
  steps(subgroupBlock / n).map(
    (j) =>
      `subgroupMatrixStore<row_major>(&sums, subgroup_row * ${m * columns}u + subgroup_column * ${subgroupBlock}u + ${j * n}u, s${i}_${j}, ${columns}u);`,
  ),
)}
  }
  workgroupBarrier();
  for (var place = lane; place < ${(down * m * columns) / width}u; place += ${down * across * subgroup}u) {
    let at = place * ${width}u;
    let line = at / ${columns}u;
    store(row0 + line / ${m}u * ${subgroupBlock}u + ${i * m}u + line % ${m}u, column0 + at % ${columns}u, ${sum});
  }
  workgroupBarrier();`;
}
