import type { StoredEncoding } from '../../../tensors/stored-matrix.ts';
import { decodingOf, setUpOf } from '../encodings/index.ts';
import type { GpuBinding, GpuProgram } from '../program.ts';
import { type FactoredForm, factoredBindings, factoredUniforms, factorOf } from './factored-operand.ts';
import type { MatmulTile } from './matmul-tiles.ts';

/** What tells one program for products from another. */
export interface MatmulForm {
  readonly tile: MatmulTile;
  /** a is stored [k, rows]. */
  readonly transposeA: boolean;
  /** b is stored [columns, k]. */
  readonly transposeB: boolean;
  /** How b's buffer has its values; null if as they are. */
  readonly encoding: StoredEncoding | null;
  /** Whether the columns of a, as it is stored, are multiplied by a vector. */
  readonly hasColumnScale: boolean;
  /** b is made of its values and of low-rank factors as it is read; null if it is not. */
  readonly factored: FactoredForm | null;
  /** Of a second product that is added. */
  readonly second: { readonly transposeB: boolean } | null;
  /** Whether the columns of both products are multiplied by a vector, and stored before that too. */
  readonly hasGain: boolean;
  readonly hasBias: boolean;
  readonly hasAddend: boolean;
  readonly hasMultiplier: boolean;
  /** How the multiplier's buffer has its values, where b's has them as they are. */
  readonly multiplierEncoding: StoredEncoding | null;
  /** Whether the rows of all matrices are whole fours. */
  readonly isAligned: boolean;
}

/**
 * Tiles of a and b in a workgroup's memory, as fours along k or along the rows or columns, whichever lie side by side in memory:
 * `dot` for a·bᵀ (both along k), `mixed` for a·b, `outer` for aᵀ·b (both across k).
 */
type Inner = 'dot' | 'mixed' | 'outer';

interface Plan {
  readonly tile: MatmulTile;
  readonly inner: Inner;
  /** Fours between two rows of a tile along k: one more where neighbors would meet in a bank of memory. */
  readonly stride: number;
}

const steps = (count: number) => Array.from({ length: count }, (_, index) => index);
const lines = (parts: readonly string[]) => parts.join('\n');

/**
 * ((scale · op(a ∘ columnScale)·op(b) + scale2 · a2·op(b2)) ∘ gain + bias + addend) ∘ multiplier, with every sum of k in float32.
 */
export function matmulProgram(form: MatmulForm): GpuProgram {
  const { tile, transposeA, transposeB, encoding, multiplierEncoding, second, hasColumnScale, isAligned } = form;
  const inner = transposeB ? 'dot' : transposeA ? 'outer' : 'mixed';
  const plan: Plan = { tile, inner, stride: tile.depth + (tile.slices === 1 ? 1 : 0) };
  const isWide = inner !== 'dot' && isAligned;
  const result = isWide ? 'vec4<f32>' : 'f32';
  const operands = [
    operand(plan, 'a', transposeA, isAligned, hasColumnScale),
    encoding === null && form.factored === null
      ? operand(plan, 'b', transposeB, isAligned)
      : madeOperand(plan, { encoding, factored: form.factored }, transposeB, isAligned),
    ...(second ? [operand(plan, 'a2', false, isAligned), operand(plan, 'b2', second.transposeB, isAligned)] : []),
  ];
  const extras = (['gain', 'bias', 'addend', 'multiplier'] as const).filter((name) => hasExtra(form, name));
  const typeOf = (name: string) => (name === 'multiplier' && multiplierEncoding !== null ? 'words' : result);
  return {
    name: ['matmul', inner, tile.name, encoding, form.factored && 'factored'].filter((part) => part !== null).join('_'),
    reads: [
      ...operands.flatMap(({ bindings }) => bindings),
      ...extras.map((name): GpuBinding => ({ name, type: typeOf(name) })),
    ],
    writes: [{ name: 'y', type: result }, ...(form.hasGain ? [{ name: 'product', type: result } as const] : [])],
    uniforms: [
      ['m', 'u32'],
      ['n', 'u32'],
      ['k', 'u32'],
      ['k2', 'u32'],
      ['a_row', 'u32'],
      ['y_row', 'u32'],
      ['scale', 'f32'],
      ['scale2', 'f32'],
      ...(form.factored === null ? [] : factoredUniforms),
    ],
    workgroup: [tile.across, tile.down, tile.slices],
    declarations: lines([
      `var<workgroup> a_tile: array<vec4<f32>, ${tile.slices * tileSize(plan, 'a')}>;`,
      `var<workgroup> b_tile: array<vec4<f32>, ${tile.slices * tileSize(plan, 'b')}>;`,
      ...(tile.slices > 1 ? [`var<workgroup> sums: array<f32, ${rowsOf(tile) * columnsOf(tile)}>;`] : []),
      ...operands.map(({ code }) => code),
      store(form, isWide),
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
      lines(accumulators(plan).map(({ name }) => `${name} *= u.scale;`)),
      second ? product(plan, 'a2', 'b2', 'k2') : '',
      tile.slices > 1 ? addSlices(plan) : '',
      lines(accumulators(plan).map(({ name, row, column }) => storeCall(name, row, column, inner, isWide))),
    ]),
  };
}

export function rowsOf({ down, rows }: MatmulTile): number {
  return down * rows;
}

export function columnsOf({ across, columns }: MatmulTile): number {
  return across * columns;
}

/** Fours of a tile. */
function tileSize({ tile, inner, stride }: Plan, name: 'a' | 'b'): number {
  const free = name === 'a' ? rowsOf(tile) : columnsOf(tile);
  return isAlongK(inner, name) ? free * stride : tile.depth * free;
}

function isAlongK(inner: Inner, name: string): boolean {
  return inner === 'dot' || (inner === 'mixed' && name.startsWith('a'));
}

/** As `operand`, of b as it is encoded, or as it is made of its values and factors. */
function madeOperand(
  { inner }: Plan,
  { encoding, factored }: Pick<MatmulForm, 'encoding' | 'factored'>,
  isTransposed: boolean,
  isAligned: boolean,
) {
  const alongK = isAlongK(inner, 'b');
  const index = isTransposed ? 'free * u.k + k' : 'k * u.n + free';
  const isWide = isAligned && alongK === isTransposed;
  const place = isTransposed ? 'free, k' : 'k, free';
  const value = (form: 'one' | 'four') =>
    `${form}_b(${index})${factored === null ? '' : ` * ${form}_factor(${place})`}`;
  const four = isWide
    ? value('four')
    : `vec4<f32>(${steps(4)
        .map((step) => (alongK ? `at_b(free, k + ${step}u)` : `at_b(free + ${step}u, k)`))
        .join(', ')})`;
  const plain = isWide
    ? 'fn four_b(i: u32) -> vec4<f32> { return b[i / 4u]; }\nfn one_b(i: u32) -> f32 { return b[i / 4u][i & 3u]; }'
    : 'fn one_b(i: u32) -> f32 { return b[i]; }';
  const type = encoding === null ? (isWide ? 'vec4<f32>' : 'f32') : 'words';
  const bindings: GpuBinding[] = [
    { name: 'b', type },
    ...(factored === null ? [] : factoredBindings(factored, isWide)),
  ];
  return {
    bindings,
    code: `${encoding === null ? plain : decodingOf(encoding, 'b', '(u.n * u.k)')}
${factored === null ? '' : factorOf(factored, isTransposed ? 'u.k' : 'u.n', isWide)}
fn at_b(free: u32, k: u32) -> f32 {
  if (free < u.n && k < u.k) { return ${value('one')}; }
  return 0.0;
}
fn load_b(free: u32, k: u32) -> vec4<f32> {
  if (free < u.n && k < u.k) { return ${four}; }
  return vec4<f32>(0.0);
}`,
  };
}

/** The bindings of an operand, and `load_a(row, k)`: four of its values, 0 beyond its edges. */
function operand(
  { inner }: Plan,
  name: 'a' | 'b' | 'a2' | 'b2',
  isTransposed: boolean,
  isAligned: boolean,
  hasColumnScale = false,
) {
  const free = name.startsWith('a') ? 'm' : 'n';
  const k = name.endsWith('2') ? 'k2' : 'k';
  const alongK = isAlongK(inner, name);
  // Whether k is what lies side by side in memory.
  const isKLast = name.startsWith('a') ? !isTransposed : isTransposed;
  const isWide = isAligned && alongK === isKLast;
  const row = name === 'a' && isKLast ? '(free + u.a_row)' : 'free';
  const index = isKLast ? `${row} * u.${k} + k` : `k * u.${free} + ${row}`;
  const last = isKLast ? 'k' : 'free';
  const columnScale = isWide ? ` * column_scale[${last} / 4u]` : ` * column_scale[${last}]`;
  const factor = name === 'a2' ? ' * u.scale2' : hasColumnScale ? columnScale : '';
  const type = isWide ? 'vec4<f32>' : 'f32';
  const bindings: GpuBinding[] = [{ name, type }, ...(hasColumnScale ? [{ name: 'column_scale', type } as const] : [])];
  const inside = `free < u.${free} && k < u.${k}`;
  if (isWide)
    return {
      bindings,
      code: `
fn load_${name}(free: u32, k: u32) -> vec4<f32> {
  if (${inside}) { return ${name}[(${index}) / 4u]${factor}; }
  return vec4<f32>(0.0);
}`,
    };
  const [nextFree, nextK] = alongK ? ['free', 'k + '] : ['free + ', 'k'];
  const four = steps(4).map(
    (step) => `at_${name}(${nextFree}${alongK ? '' : `${step}u`}, ${nextK}${alongK ? `${step}u` : ''})`,
  );
  return {
    bindings,
    code: `
fn at_${name}(free: u32, k: u32) -> f32 {
  if (${inside}) { return ${name}[${index}]${factor}; }
  return 0.0;
}
fn load_${name}(free: u32, k: u32) -> vec4<f32> { return vec4<f32>(${four.join(', ')}); }`,
  };
}

/** Adds the products of all of k to the accumulators. */
function product(plan: Plan, a: string, b: string, k: string): string {
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
function fill({ tile, inner, stride }: Plan, name: string): string {
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
      ${side}_tile[${side}_base + ${place.at}] = load_${name}(${place.load});
    }`;
}

function multiply({ tile, inner, stride }: Plan): string {
  const { rows, columns, across, down, depth } = tile;
  const rowAt = (row: number) => `a_tile[a_base + (local.y + ${row * down}u) * ${stride}u + q]`;
  if (inner === 'dot')
    return `
    for (var q = 0u; q < ${depth}u; q++) {
${lines(steps(columns).map((j) => `let b${j} = b_tile[b_base + (local.x + ${j * across}u) * ${stride}u + q];`))}
${lines(
  steps(rows).map(
    (i) => `let a${i} = ${rowAt(i)};\n${lines(steps(columns).map((j) => `s${i}_${j} += dot(a${i}, b${j});`))}`,
  ),
)}
    }`;
  const width = columnsOf(tile) / 4;
  const wideColumns = steps(columns / 4);
  const fourOfB = (k: string, j: number) => `b_tile[b_base + (${k}) * ${width}u + local.x + ${j * across}u]`;
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
    `let a${i} = a_tile[a_base + q * ${height}u + local.y + ${i * down}u];`,
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

function store(form: MatmulForm, isWide: boolean): string {
  const four = isWide ? ' / 4u' : '';
  const { multiplierEncoding } = form;
  const multiplier =
    multiplierEncoding === null ? 'multiplier[at]' : isWide ? 'four_multiplier(4u * at)' : 'one_multiplier(at)';
  return `
${decodingOf(multiplierEncoding, 'multiplier', '(u.m * u.n)')}
fn store(row: u32, column: u32, sum: ${isWide ? 'vec4<f32>' : 'f32'}) {
  if (row >= u.m || column >= u.n) { return; }
  let at = ((row + u.y_row) * u.n + column)${four};
  var value = sum;
  ${form.hasGain ? `product[at] = value;\n  value *= gain[column${four}];` : ''}
  ${form.hasBias ? `value += bias[column${four}];` : ''}
  ${form.hasAddend ? 'value += addend[at];' : ''}
  ${form.hasMultiplier ? `value *= ${multiplier};` : ''}
  y[at] = value;
}`;
}

function hasExtra(form: MatmulForm, name: 'gain' | 'bias' | 'addend' | 'multiplier'): boolean {
  return { gain: form.hasGain, bias: form.hasBias, addend: form.hasAddend, multiplier: form.hasMultiplier }[name];
}

function storeCall(name: string, row: string, column: string, inner: Inner, isWide: boolean): string {
  if (inner === 'dot' || isWide) return `store(row0 + ${row}, column0 + ${column}, ${name});`;
  return lines(steps(4).map((step) => `store(row0 + ${row}, column0 + ${column} + ${step}u, ${name}[${step}]);`));
}
