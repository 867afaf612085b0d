import { setUpOf } from '../encodings/index.ts';
import type { GpuProgram } from '../program.ts';
import { type Inner, innerOf, isAlongK, lines, type MatmulForm, steps } from './matmul-form.ts';
import { extrasOf, matmulUniforms, operandsOf, putInto } from './matmul-operands.ts';
import { storeOf } from './matmul-store.ts';
import { columnsOf, type MatmulTile, rowsOf } from './matmul-tiles.ts';
import { subgroupMatmulProgram } from './subgroup-matmul-program.ts';

interface Plan {
  readonly tile: MatmulTile;
  readonly inner: Inner;
  /** Fours between two rows of a tile along k: one more where neighbors would meet in a bank of memory. */
  readonly stride: number;
  readonly form: MatmulForm;
}

/**
 * ((scale · op(a ∘ columnScale)·op(b) + scale2 · a2·op(b2)) ∘ gain + bias + addend) ∘ multiplier, with every sum of k in float32.
 */
export function matmulProgram(form: MatmulForm): GpuProgram {
  if (form.matrices !== null) return subgroupMatmulProgram(form, form.matrices);
  const { tile, encoding, multiplierEncoding, second, rounded } = form;
  const inner = innerOf(form);
  const plan: Plan = { tile, inner, stride: tile.depth + (tile.slices === 1 ? 1 : 0), form };
  const isWide = inner !== 'dot' && form.isAligned;
  const operands = operandsOf(form);
  const extras = extrasOf(form, isWide);
  const four = rounded === null ? 'vec4<f32>' : 'vec4<f16>';
  const name = ['matmul', inner, tile.name, rounded && 'float16', encoding, form.factored && 'factored'];
  return {
    name: name.filter((part) => part !== null).join('_'),
    directives: rounded === null ? [] : ['enable f16;'],
    reads: [...operands.bindings, ...extras.reads],
    writes: extras.writes,
    uniforms: matmulUniforms(form),
    workgroup: [tile.across, tile.down, tile.slices],
    declarations: lines([
      `var<workgroup> a_tile: array<${four}, ${tile.slices * tileSize(plan, 'a')}>;`,
      `var<workgroup> b_tile: array<${four}, ${tile.slices * tileSize(plan, 'b')}>;`,
      ...(tile.slices > 1 ? [`var<workgroup> sums: array<f32, ${rowsOf(tile) * columnsOf(tile)}>;`] : []),
      operands.code,
      storeOf(form, isWide),
    ]),
    body: lines([
      setUpOf(encoding ?? multiplierEncoding),
      `let row0 = workgroup.y * ${rowsOf(tile)}u;`,
      `let column0 = workgroup.x * ${columnsOf(tile)}u;`,
      `let thread = local.x + local.y * ${tile.across}u;`,
      `let a_base = local.z * ${tileSize(plan, 'a')}u;`,
      `let b_base = local.z * ${tileSize(plan, 'b')}u;`,
      lines(accumulators(plan).map(({ name, type }) => `var ${name} = ${type}(0.0);`)),
      product(plan, 'a', 'b', 'k'),
      rounded === null ? lines(accumulators(plan).map(({ name }) => `${name} *= u.scale;`)) : '',
      second ? product(plan, 'a2', 'b2', 'k2') : '',
      tile.slices > 1 ? addSlices(plan) : '',
      lines(accumulators(plan).map(({ name, row, column }) => storeCall(name, row, column, inner, isWide))),
    ]),
  };
}

/** Fours of a tile. */
function tileSize({ tile, inner, stride }: Plan, name: 'a' | 'b'): number {
  const free = name === 'a' ? rowsOf(tile) : columnsOf(tile);
  return isAlongK(inner, name) ? free * stride : tile.depth * free;
}

/** Adds the products of all of k to the accumulators. */
function product(plan: Plan, a: 'a' | 'a2', b: 'b' | 'b2', k: string): string {
  const { tile } = plan;
  const step = tile.depth * 4;
  return `
  for (var k0 = 0u; k0 < u.${k}; k0 += ${step * tile.slices}u) {
    let k_start = k0 + local.z * ${step}u;
${fill(plan, a)}
${fill(plan, b)}
    workgroupBarrier();
${multiply(plan)}
    workgroupBarrier();
  }`;
}

/** Loads a tile, one four an invocation at a time. */
function fill({ tile, inner, stride, form }: Plan, name: 'a' | 'b' | 'a2' | 'b2'): string {
  const [side, start] = name.startsWith('a') ? ['a', 'row0'] : ['b', 'column0'];
  const free = side === 'a' ? rowsOf(tile) : columnsOf(tile);
  const alongK = isAlongK(inner, name);
  const across = alongK ? tile.depth : free / 4;
  const count = tile.depth * free;
  const place = alongK
    ? { at: `line * ${stride}u + four`, load: `${start} + line, k_start + 4u * four` }
    : { at: `line * ${across}u + four`, load: `${start} + 4u * four, k_start + line` };
  return `
    for (var place = thread; place < ${count}u; place += ${tile.across * tile.down}u) {
      let line = place / ${across}u;
      let four = place % ${across}u;
      ${side}_tile[${side}_base + ${place.at}] = ${putInto(form, name, place.load)};
    }`;
}

function multiply({ tile, inner, stride, form }: Plan): string {
  const { rows, columns, across, down, depth } = tile;
  // Operands are converted to float32 for products and sums.
  const read = (place: string) => (form.rounded === null ? place : `vec4<f32>(${place})`);
  const rowAt = (row: number) => read(`a_tile[a_base + (local.y + ${row * down}u) * ${stride}u + q]`);
  if (inner === 'dot')
    return `
    for (var q = 0u; q < ${depth}u; q++) {
${lines(steps(columns).map((j) => `let b${j} = ${read(`b_tile[b_base + (local.x + ${j * across}u) * ${stride}u + q]`)};`))}
${lines(
  steps(rows).map(
    (i) => `let a${i} = ${rowAt(i)};\n${lines(steps(columns).map((j) => `s${i}_${j} += dot(a${i}, b${j});`))}`,
  ),
)}
    }`;
  const width = columnsOf(tile) / 4;
  const wideColumns = steps(columns / 4);
  const fourOfB = (k: string, j: number) => read(`b_tile[b_base + (${k}) * ${width}u + local.x + ${j * across}u]`);
  if (inner === 'mixed')
    return `
    for (var q = 0u; q < ${depth}u; q++) {
${lines(steps(rows).map((i) => `let a${i} = ${rowAt(i)};`))}
${lines(
  wideColumns.flatMap((j) => [
    ...steps(4).map((step) => `let b${j}_${step} = ${fourOfB(`4u * q + ${step}u`, j)};`),
    ...steps(rows).map(
      (i) => `s${i}_${j} += a${i}.x * b${j}_0 + a${i}.y * b${j}_1 + a${i}.z * b${j}_2 + a${i}.w * b${j}_3;`,
    ),
  ]),
)}
    }`;
  const height = rowsOf(tile) / 4;
  return `
    for (var q = 0u; q < ${depth * 4}u; q++) {
${lines(wideColumns.map((j) => `let b${j} = ${fourOfB('q', j)};`))}
${lines(
  steps(rows / 4).flatMap((i) => [
    `let a${i} = ${read(`a_tile[a_base + q * ${height}u + local.y + ${i * down}u]`)};`,
    ...steps(4).flatMap((step) => wideColumns.map((j) => `s${4 * i + step}_${j} += a${i}[${step}] * b${j};`)),
  ]),
)}
    }`;
}

/** The sums of an invocation: their names, types, and where in the result they belong. */
function accumulators({ tile, inner }: Plan): { name: string; type: string; row: string; column: string }[] {
  const { rows, columns, across, down } = tile;
  const isWide = inner !== 'dot';
  return steps(rows).flatMap((i) =>
    steps(isWide ? columns / 4 : columns).map((j) => ({
      name: `s${i}_${j}`,
      type: isWide ? 'vec4<f32>' : 'f32',
      row: inner === 'outer' ? `4u * (local.y + ${Math.floor(i / 4) * down}u) + ${i % 4}u` : `local.y + ${i * down}u`,
      column: isWide ? `4u * (local.x + ${j * across}u)` : `local.x + ${j * across}u`,
    })),
  );
}

/** The first slice gets the sums of the others, one after the other. */
function addSlices(plan: Plan): string {
  const { tile } = plan;
  const all = accumulators(plan);
  const parts = all.flatMap(({ name, type, row, column }) =>
    steps(type === 'f32' ? 1 : 4).map((step) => ({
      value: type === 'f32' ? name : `${name}[${step}]`,
      at: `sums[(${row}) * ${columnsOf(tile)}u + ${column} + ${step}u]`,
    })),
  );
  return `
  for (var slice = 1u; slice < ${tile.slices}u; slice++) {
    if (local.z == slice) {
${lines(parts.map(({ value, at }) => `${at} = ${value};`))}
    }
    workgroupBarrier();
    if (local.z == 0u) {
${lines(parts.map(({ value, at }) => `${value} += ${at};`))}
    }
    workgroupBarrier();
  }
  if (local.z > 0u) { return; }`;
}

function storeCall(name: string, row: string, column: string, inner: Inner, isWide: boolean): string {
  if (inner === 'dot' || isWide) return `store(row0 + ${row}, column0 + ${column}, ${name});`;
  return lines(steps(4).map((step) => `store(row0 + ${row}, column0 + ${column} + ${step}u, ${name}[${step}]);`));
}
