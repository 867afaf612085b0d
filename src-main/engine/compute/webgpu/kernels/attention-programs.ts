import { type GpuBinding, type GpuProgram, programVariants } from '../program.ts';
import { type Lanes, lanesOf } from './kernel.ts';

/**
 * Attention by blocks of 32 queries and 32 keys (Dao et al. 2022, FlashAttention): the scores of a block live in a workgroup's
 * memory alone. A workgroup is 8 × 8 invocations; each has four rows, y + 8·i, and four columns, x + 8·j, of a block.
 * Columns of a head go by in chunks of 32, so that any size of head fits into 16 KiB.
 */
export const attentionBlock = 32;

export const four = [0, 1, 2, 3] as const;
const lines = (parts: readonly string[]) => parts.join('\n');
export const each = (line: (i: number) => string) => lines(four.map(line));
export const eachPair = (line: (i: number, j: number) => string) => each((i) => each((j) => line(i, j)));

export const uniforms = [
  ['queries', 'u32'],
  ['tokens', 'u32'],
  ['heads', 'u32'],
  ['kv_heads', 'u32'],
  ['head_size', 'u32'],
  ['causal', 'u32'],
  ['window', 'u32'],
  ['scale', 'f32'],
  ['softcap', 'f32'],
] as const;

interface Variant {
  readonly name: string;
  readonly reads: readonly string[];
  readonly writes: readonly GpuBinding[];
  readonly lanes: Lanes;
  readonly hasMask: boolean;
  readonly hasCap: boolean;
  readonly body: string;
  readonly declarations?: string;
}

/** Inputs laid out like q or like k; all others are numbers. */
const likeQueries = ['q', 'dy'];
const likeKeys = ['k', 'v'];

export function program({ name, reads, writes, lanes, hasMask, hasCap, body, declarations = '' }: Variant): GpuProgram {
  const rows = [...likeQueries, ...likeKeys];
  return {
    name,
    reads: [...reads, ...(hasMask ? ['mask'] : [])].map((read) => ({
      name: read,
      type: rows.includes(read) ? lanes : 'f32',
    })),
    writes,
    uniforms,
    workgroup: [8, 8, 1],
    declarations: `
var<workgroup> left: array<vec4<f32>, 288>;
var<workgroup> right: array<vec4<f32>, 288>;
// Of a row, four keys at place t: t, t + 8, t + 16 and t + 24.
var<workgroup> block: array<vec4<f32>, 288>;
${lines(reads.filter((read) => rows.includes(read)).map((read) => loader(read, lanes)))}
fn sees(batch: u32, query: u32, token: u32) -> bool {
  if (query >= u.queries || token >= u.tokens) { return false; }
  if (u.causal != 0u) {
    let position = u.tokens - u.queries + query;
    if (token > position) { return false; }
    if (u.window != 0u && token + u.window <= position) { return false; }
  } else if (u.window != 0u) {
    let position = u.tokens - u.queries + query;
    if (token + u.window <= position || token >= position + u.window) { return false; }
  }
  return ${hasMask ? 'mask[batch * u.tokens + token] != 0.0' : 'true'};
}
${hasCap ? softCap : ''}
${declarations}`,
    body,
  };
}

/** tanh with a relative error below 5e-7 (Eigen's rational approximation); WGSL promises no more than 1e-5. */
const softCap = `
fn share_of_cap(score: f32) -> f32 {
  let x = clamp(score * u.scale / u.softcap, -7.99881172180175781, 7.99881172180175781);
  let z = x * x;
  var p = -2.76076847742355e-16;
  p = p * z + 2.00018790482477e-13;
  p = p * z - 8.60467152213735e-11;
  p = p * z + 5.12229709037114e-08;
  p = p * z + 1.48572235717979e-05;
  p = p * z + 6.37261928875436e-04;
  p = p * z + 4.89352455891786e-03;
  var q = 1.19825839466702e-06;
  q = q * z + 1.18534705686654e-04;
  q = q * z + 2.26843463243900e-03;
  q = q * z + 4.89352518554385e-03;
  return x * p / q;
}
fn cap_slope(score: f32) -> f32 {
  let share = share_of_cap(score);
  return 1.0 - share * share;
}`;

export const scaled = (score: string, hasCap: boolean) =>
  hasCap ? `(u.softcap * share_of_cap(${score}))` : `${score} * u.scale`;
/** Factor of a score's gradient. */
export const slope = (score: string, hasCap: boolean) => (hasCap ? ` * cap_slope(${score})` : '');

/** `load_q(batch, row, head, d)`: four values of a head's row from column d on, 0 beyond its edges. */
function loader(name: string, lanes: Lanes): string {
  const [count, heads] = likeQueries.includes(name) ? ['queries', 'heads'] : ['tokens', 'kv_heads'];
  const index = `((batch * u.${count} + row) * u.${heads} + head) * u.head_size + d`;
  if (lanes !== 'f32')
    return `
fn load_${name}(batch: u32, row: u32, head: u32, d: u32) -> vec4<f32> {
  if (row < u.${count} && d < u.head_size) { return ${name}[(${index}) / 4u]; }
  return vec4<f32>(0.0);
}`;
  return `
fn at_${name}(batch: u32, row: u32, head: u32, d: u32) -> f32 {
  if (row < u.${count} && d < u.head_size) { return ${name}[${index}]; }
  return 0.0;
}
fn load_${name}(batch: u32, row: u32, head: u32, d: u32) -> vec4<f32> {
  return vec4<f32>(${four.map((step) => `at_${name}(batch, row, head, d + ${step}u)`).join(', ')});
}`;
}

/** Loads 32 rows of an input, 32 columns of a head from `column` on. */
const fill = (tile: string, name: string, row: string, head: string, column: string) => `
    for (var place = lane; place < 256u; place += 64u) {
      ${tile}[place / 8u * 9u + place % 8u] = load_${name}(batch, ${row} + place / 8u, ${head}, ${column} + place % 8u * 4u);
    }`;

/** sums_i_j += left rows · right rows over a head's columns. */
export const dots = (
  sums: string,
  [leftName, leftRow, leftHead]: Rows,
  [rightName, rightRow, rightHead]: Rows,
  chunks: number,
) => `
  for (var column = 0u; column < ${chunks * 32}u; column += 32u) {
${fill('left', leftName, leftRow, leftHead, 'column')}
${fill('right', rightName, rightRow, rightHead, 'column')}
    workgroupBarrier();
    for (var t = 0u; t < 8u; t++) {
${each((i) => `let a${i} = left[(local.y + ${8 * i}u) * 9u + t];`)}
${each((j) => `let b${j} = right[(local.x + ${8 * j}u) * 9u + t];`)}
${eachPair((i, j) => `${sums}${i}_${j} += dot(a${i}, b${j});`)}
    }
    workgroupBarrier();
  }`;

type Rows = readonly [name: string, row: string, head: string];

/** sums_chunk_i += block · rows of an input, for every chunk of a head's columns. */
export const weighted = (sums: string, [name, row, head]: Rows, chunks: number) =>
  lines(
    Array.from(
      { length: chunks },
      (_, chunk) => `
  {
${fill('right', name, row, head, `${32 * chunk}u`)}
    workgroupBarrier();
    for (var t = 0u; t < 8u; t++) {
${each((c) => `let b${c} = right[(t + ${8 * c}u) * 9u + local.x];`)}
${each((i) => `let p${i} = block[(local.y + ${8 * i}u) * 9u + t];`)}
${each((i) => `${sums}${chunk}_${i} += p${i}.x * b0 + p${i}.y * b1 + p${i}.z * b2 + p${i}.w * b3;`)}
    }
    workgroupBarrier();
  }`,
    ),
  );

export const declareWeighted = (sums: string, chunks: number) =>
  lines(Array.from({ length: chunks }, (_, chunk) => each((i) => `var ${sums}${chunk}_${i} = vec4<f32>(0.0);`)));

export const declarePairs = (sums: string) => eachPair((i, j) => `var ${sums}${i}_${j} = 0.0;`);

/** Writes four columns of each row to an output laid out as q or as k. */
export const writeRows = (
  output: string,
  sums: string,
  row: string,
  head: string,
  isQueries: boolean,
  lanes: Lanes,
  chunks: number,
) => {
  const [count, heads] = isQueries ? ['queries', 'heads'] : ['tokens', 'kv_heads'];
  return lines(
    Array.from({ length: chunks }, (_, chunk) =>
      each((i) => {
        const start = `((batch * u.${count} + ${row} + local.y + ${8 * i}u) * u.${heads} + ${head}) * u.head_size`;
        const value = `${sums}${chunk}_${i}`;
        const store = (step: number, index: string, part: string) =>
          `if (column + ${step}u < u.head_size) { ${output}[${index}] = ${part}; }`;
        return `
  if (${row} + local.y + ${8 * i}u < u.${count}) {
    let column = ${32 * chunk}u + local.x * 4u;
    let start = ${start} + column;
    ${lanes === 'f32' ? each((step) => store(step, `start + ${step}u`, `${value}[${step}]`)) : store(0, 'start / 4u', value)}
  }`;
      }),
    ),
  );
};

/** Keys that the block of queries from `query0` on may see: first_token … last_token. */
export const tokenRange = `
  var first_token = 0u;
  var last_token = u.tokens;
  if (u.causal != 0u) {
    let position = u.tokens - u.queries + query0;
    last_token = min(u.tokens, position + ${attentionBlock}u);
    if (u.window != 0u && position + 1u > u.window) { first_token = position + 1u - u.window; }
  } else if (u.window != 0u) {
    let position = u.tokens - u.queries + query0;
    last_token = min(u.tokens, position + ${attentionBlock - 1}u + u.window);
    if (position + 1u > u.window) { first_token = position + 1u - u.window; }
  }`;

export const places = `
  let batch = workgroup.z;
  let head = workgroup.y;
  let kv_head = head / (u.heads / u.kv_heads);
  let query0 = workgroup.x * ${attentionBlock}u;
  let rows0 = (batch * u.heads + head) * u.queries;`;

/** Outputs y, like q, and the logarithm of each softmax's denominator. `chunks` of 32 columns make a head. */
export const attentionForward = programVariants((lanes: Lanes, chunks: number, hasMask: boolean, hasCap: boolean) =>
  program({
    name: 'attention',
    reads: ['q', 'k', 'v'],
    writes: [
      { name: 'y', type: lanes },
      { name: 'sums', type: 'f32' },
    ],
    lanes,
    hasMask,
    hasCap,
    declarations: `
var<workgroup> parts: array<f32, 256>;
fn highest(row: u32) -> f32 {
  return max(max(max(parts[row], parts[row + 1u]), max(parts[row + 2u], parts[row + 3u])),
             max(max(parts[row + 4u], parts[row + 5u]), max(parts[row + 6u], parts[row + 7u])));
}
fn whole(row: u32) -> f32 {
  return (parts[row] + parts[row + 1u]) + (parts[row + 2u] + parts[row + 3u])
       + ((parts[row + 4u] + parts[row + 5u]) + (parts[row + 6u] + parts[row + 7u]));
}`,
    body: `
${places}
${tokenRange}
${each((i) => `var peak${i} = -1e30;\nvar sum${i} = 0.0;`)}
${declareWeighted('o', chunks)}
  for (var token0 = first_token; token0 < last_token; token0 += ${attentionBlock}u) {
${declarePairs('s')}
${dots('s', ['q', 'query0', 'head'], ['k', 'token0', 'kv_head'], chunks)}
${eachPair(
  (i, j) => `
    let seen${i}_${j} = sees(batch, query0 + local.y + ${8 * i}u, token0 + local.x + ${8 * j}u);
    s${i}_${j} = select(-1e30, ${scaled(`s${i}_${j}`, hasCap)}, seen${i}_${j});`,
)}
${each((i) => `parts[(local.y + ${8 * i}u) * 8u + local.x] = max(max(s${i}_0, s${i}_1), max(s${i}_2, s${i}_3));`)}
    workgroupBarrier();
${each(
  (i) => `
    let next${i} = max(peak${i}, highest((local.y + ${8 * i}u) * 8u));
    let kept${i} = exp(max(peak${i} - next${i}, -100.0));
    peak${i} = next${i};`,
)}
    workgroupBarrier();
${eachPair((i, j) => `let p${i}_${j} = select(0.0, exp(s${i}_${j} - peak${i}), seen${i}_${j});`)}
${each(
  (i) => `
    block[(local.y + ${8 * i}u) * 9u + local.x] = vec4<f32>(p${i}_0, p${i}_1, p${i}_2, p${i}_3);
    parts[(local.y + ${8 * i}u) * 8u + local.x] = (p${i}_0 + p${i}_1) + (p${i}_2 + p${i}_3);`,
)}
    workgroupBarrier();
${each(
  (i) => `
    sum${i} = sum${i} * kept${i} + whole((local.y + ${8 * i}u) * 8u);
    ${lines(Array.from({ length: chunks }, (_, chunk) => `o${chunk}_${i} *= kept${i};`))}`,
)}
${weighted('o', ['v', 'token0', 'kv_head'], chunks)}
  }
${each(
  (i) => `
  let share${i} = select(0.0, 1.0 / sum${i}, sum${i} > 0.0);
  ${lines(Array.from({ length: chunks }, (_, chunk) => `o${chunk}_${i} *= share${i};`))}
  if (local.x == 0u && query0 + local.y + ${8 * i}u < u.queries) {
    sums[rows0 + query0 + local.y + ${8 * i}u] = peak${i} + log(max(sum${i}, 1e-30));
  }`,
)}
${writeRows('y', 'o', 'query0', 'head', true, lanes, chunks)}`,
  }),
);

/** Splits a head's size into chunks of fours or of single values. */
export function headForm(headSize: number): { lanes: Lanes; chunks: number } {
  return { lanes: lanesOf(headSize), chunks: Math.ceil(headSize / 32) };
}
