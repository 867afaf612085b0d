/** Programs that use a card for one thing alone. They are the measure, not the engine's: that one has its own kernels. */

export type Precision = 'float32' | 'float16';

const enable = (precision: Precision) => (precision === 'float16' ? 'enable f16;\n' : '');
const scalarOf = (precision: Precision) => (precision === 'float16' ? 'f16' : 'f32');

/** Threads of a workgroup of the programs that know no tiles. */
export const groupThreads = 256;
/** Chains of multiply-adds that do not wait for each other; four numbers each. */
const chains = 8;
/** Multiply-adds of each chain between two looks at the loop's end. */
const unrolled = 16;

/** Floating-point operations of a thread that goes `rounds` times through the loop. */
export const peakOperations = (rounds: number) => rounds * unrolled * chains * 4 * 2;

/** Multiply-adds in registers; what they give is written, so that no compiler leaves them out. */
export function peakProgram(precision: Precision): string {
  const vector = `vec4<${scalarOf(precision)}>`;
  const names = Array.from({ length: chains }, (_, chain) => `x${chain}`);
  const step = names.map((name) => `${name} = fma(${name}, a, b);`).join(' ');
  return `${enable(precision)}
@group(0) @binding(0) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> rounds: vec4<u32>;
@compute @workgroup_size(${groupThreads})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let a = ${vector}(${scalarOf(precision)}(f32(rounds.y) + 0.5));
  let b = ${vector}(${scalarOf(precision)}(f32(id.x % 7u) * 0.125));
  ${names.map((name, chain) => `var ${name} = b + ${vector}(${scalarOf(precision)}(${chain}.0));`).join('\n  ')}
  for (var round = 0u; round < rounds.x; round++) {
    ${Array.from({ length: unrolled }, () => step).join('\n    ')}
  }
  out[id.x] = vec4<f32>(${names.join(' + ')});
}`;
}

/** Each thread copies one group of four numbers in every stride over the whole buffer. */
export const copyProgram = `
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> copied: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> count: vec4<u32>;
@compute @workgroup_size(${groupThreads})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let stride = groups.x * ${groupThreads}u;
  for (var at = id.x; at < count.x; at += stride) { copied[at] = source[at]; }
}`;

/** Tiling of a product: threads of a group, values of a thread, and depth of a tile along the inner side. */
export interface Tiling {
  readonly threadRows: number;
  readonly threadColumns: number;
  /** Rows of the result that a thread sums. */
  readonly rows: number;
  /** Columns of it, a multiple of 4. */
  readonly columns: number;
  readonly inner: number;
}

/** From small groups, as integrated cards like them, to tiles of 128 × 128. */
export const tilings: readonly Tiling[] = [
  { threadRows: 8, threadColumns: 8, rows: 4, columns: 4, inner: 16 },
  { threadRows: 16, threadColumns: 16, rows: 4, columns: 4, inner: 16 },
  { threadRows: 8, threadColumns: 16, rows: 8, columns: 4, inner: 16 },
  { threadRows: 16, threadColumns: 16, rows: 8, columns: 8, inner: 8 },
  { threadRows: 16, threadColumns: 8, rows: 8, columns: 8, inner: 16 },
  { threadRows: 8, threadColumns: 8, rows: 8, columns: 8, inner: 16 },
];

export function describeTiling({ threadRows, threadColumns, rows, columns, inner }: Tiling): string {
  return `${threadRows * rows} × ${threadColumns * columns} by ${threadRows * threadColumns} threads, ${inner} deep`;
}

/** Bytes of workgroup memory. */
export function tileBytes({ threadRows, threadColumns, rows, columns, inner }: Tiling, precision: Precision): number {
  return inner * (threadRows * rows + threadColumns * columns) * (precision === 'float16' ? 2 : 4);
}

/**
 * C = A · B of size × size, A transposed so that both are read along their rows; sums in float32. `size` is a multiple of the
 * tile: a limit need not be safe at edges.
 */
export function productProgram(tiling: Tiling, precision: Precision, size: number): string {
  const { threadRows, threadColumns, rows, columns, inner } = tiling;
  const [tileRows, tileColumns] = [threadRows * rows, threadColumns * columns];
  const threads = threadRows * threadColumns;
  const vector = `vec4<${scalarOf(precision)}>`;
  const load = (name: string, width: number) => {
    const vectors = (inner * width) / 4;
    return `for (var at = local; at < ${vectors}u; at += ${threads}u) {
      tile${name}[at] = ${name}[((start + at / ${width / 4}u) * ${size}u + origin${name}) / 4u + at % ${width / 4}u];
    }`;
  };
  const groups = columns / 4;
  const each = <Item>(count: number, make: (index: number) => Item) =>
    Array.from({ length: count }, (_, at) => make(at));
  const sums = each(rows, (row) => each(groups, (column) => `s${row}_${column}`));
  return `${enable(precision)}
@group(0) @binding(0) var<storage, read> a: array<${vector}>;
@group(0) @binding(1) var<storage, read> b: array<${vector}>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;
var<workgroup> tilea: array<${vector}, ${(inner * tileRows) / 4}>;
var<workgroup> tileb: array<${vector}, ${(inner * tileColumns) / 4}>;
@compute @workgroup_size(${threadColumns}, ${threadRows})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let origina = group.y * ${tileRows}u;
  let originb = group.x * ${tileColumns}u;
  ${sums
    .flat()
    .map((name) => `var ${name} = vec4<f32>();`)
    .join(' ')}
  for (var start = 0u; start < ${size}u; start += ${inner}u) {
    ${load('a', tileRows)}
    ${load('b', tileColumns)}
    workgroupBarrier();
    for (var k = 0u; k < ${inner}u; k++) {
      ${each(rows / 4, (at) => `let a${at} = vec4<f32>(tilea[k * ${tileRows / 4}u + id.y * ${rows / 4}u + ${at}u]);`).join(' ')}
      ${each(groups, (at) => `let b${at} = vec4<f32>(tileb[k * ${tileColumns / 4}u + ${at}u * ${threadColumns}u + id.x]);`).join(' ')}
      ${sums.flatMap((row, at) => row.map((name, column) => `${name} = fma(vec4<f32>(a${Math.floor(at / 4)}[${at % 4}]), b${column}, ${name});`)).join('\n      ')}
    }
    workgroupBarrier();
  }
  ${sums.flatMap((row, at) => row.map((name, column) => `c[((origina + id.y * ${rows}u + ${at}u) * ${size}u + originb) / 4u + ${column}u * ${threadColumns}u + id.x] = ${name};`)).join('\n  ')}
}`;
}
