import { type GpuBinding, type GpuProgram, programVariants } from '../program.ts';
import { type Lanes, lanesOf } from './kernel.ts';

/**
 * Attention by blocks of 32 queries and 32 keys (Dao et al. 2022, FlashAttention): the scores of a block live in a workgroup's
 * memory alone. A workgroup is 8 × 8 invocations; each has four rows, y + 8·i, and four columns, x + 8·j, of a block.
 * Columns of a head go by in chunks of 32, so that any size of head fits into 16 KiB.
 */
export const attentionBlock = 32;

const four = [0, 1, 2, 3] as const;
const lines = (parts: readonly string[]) => parts.join('\n');
const each = (line: (i: number) => string) => lines(four.map(line));
const eachPair = (line: (i: number, j: number) => string) => each((i) => each((j) => line(i, j)));

const uniforms = [
  ['queries', 'u32'],
  ['tokens', 'u32'],
  ['heads', 'u32'],
  ['kv_heads', 'u32'],
  ['head_size', 'u32'],
  ['causal', 'u32'],
  ['window', 'u32'],
  ['scale', 'f32'],
] as const;

interface Variant {
  readonly name: string;
  readonly reads: readonly string[];
  readonly writes: readonly GpuBinding[];
  readonly lanes: Lanes;
  readonly hasMask: boolean;
  readonly body: string;
  readonly declarations?: string;
}

/** Inputs laid out like q or like k; all others are numbers. */
const likeQueries = ['q', 'dy'];
const likeKeys = ['k', 'v'];

function program({ name, reads, writes, lanes, hasMask, body, declarations = '' }: Variant): GpuProgram {
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
  }
  return ${hasMask ? 'mask[batch * u.tokens + token] != 0.0' : 'true'};
}
${declarations}`,
    body,
  };
}

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
const dots = (
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
const weighted = (sums: string, [name, row, head]: Rows, chunks: number) =>
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

const declareWeighted = (sums: string, chunks: number) =>
  lines(Array.from({ length: chunks }, (_, chunk) => each((i) => `var ${sums}${chunk}_${i} = vec4<f32>(0.0);`)));

const declarePairs = (sums: string) => eachPair((i, j) => `var ${sums}${i}_${j} = 0.0;`);

/** Writes four columns of each row to an output laid out as q or as k. */
const writeRows = (
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
const tokenRange = `
  var first_token = 0u;
  var last_token = u.tokens;
  if (u.causal != 0u) {
    let position = u.tokens - u.queries + query0;
    last_token = min(u.tokens, position + ${attentionBlock}u);
    if (u.window != 0u && position + 1u > u.window) { first_token = position + 1u - u.window; }
  }`;

const places = `
  let batch = workgroup.z;
  let head = workgroup.y;
  let kv_head = head / (u.heads / u.kv_heads);
  let query0 = workgroup.x * ${attentionBlock}u;
  let rows0 = (batch * u.heads + head) * u.queries;`;

/** Outputs y, like q, and the logarithm of each softmax's denominator. `chunks` of 32 columns make a head. */
export const attentionForward = programVariants((lanes: Lanes, chunks: number, hasMask: boolean) =>
  program({
    name: 'attention',
    reads: ['q', 'k', 'v'],
    writes: [
      { name: 'y', type: lanes },
      { name: 'sums', type: 'f32' },
    ],
    lanes,
    hasMask,
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
    s${i}_${j} = select(-1e30, s${i}_${j} * u.scale, seen${i}_${j});`,
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

/** dy·y of every query and head behind the logarithms of the denominators: what both gradients need of a row. */
export const attentionRowSums: GpuProgram = {
  name: 'attention_row_sums',
  reads: ['y', 'dy', 'sums'].map((name) => ({ name, type: 'f32' })),
  writes: [{ name: 'row_sums', type: 'f32' }],
  uniforms: [
    ['rows', 'u32'],
    ['queries', 'u32'],
    ['heads', 'u32'],
    ['head_size', 'u32'],
  ],
  workgroup: [8, 8, 1],
  declarations: 'var<workgroup> parts: array<f32, 64>;',
  body: `
  let row = group * 8u + local.y;
  let head = row / u.queries % u.heads;
  let start = ((row / u.queries / u.heads * u.queries + row % u.queries) * u.heads + head) * u.head_size;
  var part = 0.0;
  if (row < u.rows) {
    for (var d = local.x; d < u.head_size; d += 8u) { part += y[start + d] * dy[start + d]; }
  }
  parts[lane] = part;
  workgroupBarrier();
  if (local.x > 0u || row >= u.rows) { return; }
  var total = 0.0;
  for (var other = 0u; other < 8u; other++) { total += parts[lane + other]; }
  row_sums[row] = sums[row];
  row_sums[u.rows + row] = total;`,
};

const gradientUniforms = [...uniforms, ['row_count', 'u32']] as const;

/** The gradient of q, by blocks of queries. */
export const attentionQueryGradient = programVariants((lanes: Lanes, chunks: number, hasMask: boolean) => ({
  ...program({
    name: 'attention_query_gradient',
    reads: ['q', 'k', 'v', 'dy', 'row_sums'],
    writes: [{ name: 'dq', type: lanes }],
    lanes,
    hasMask,
    body: `
${places}
${tokenRange}
${each(
  (i) => `
  let row${i} = rows0 + min(query0 + local.y + ${8 * i}u, u.queries - 1u);
  let sum${i} = row_sums[row${i}];
  let along${i} = row_sums[u.row_count + row${i}];`,
)}
${declareWeighted('o', chunks)}
  for (var token0 = first_token; token0 < last_token; token0 += ${attentionBlock}u) {
${declarePairs('s')}
${declarePairs('d')}
${dots('s', ['q', 'query0', 'head'], ['k', 'token0', 'kv_head'], chunks)}
${dots('d', ['dy', 'query0', 'head'], ['v', 'token0', 'kv_head'], chunks)}
${eachPair(
  (i, j) => `
    let p${i}_${j} = exp(min(s${i}_${j} * u.scale - sum${i}, 0.0));
    s${i}_${j} = select(0.0, p${i}_${j} * (d${i}_${j} - along${i}) * u.scale,
      sees(batch, query0 + local.y + ${8 * i}u, token0 + local.x + ${8 * j}u));`,
)}
${each((i) => `block[(local.y + ${8 * i}u) * 9u + local.x] = vec4<f32>(s${i}_0, s${i}_1, s${i}_2, s${i}_3);`)}
${weighted('o', ['k', 'token0', 'kv_head'], chunks)}
  }
${writeRows('dq', 'o', 'query0', 'head', true, lanes, chunks)}`,
  }),
  uniforms: gradientUniforms,
}));

/** The gradients of k and v, by blocks of keys: over all queries of the heads that share them. */
export const attentionKeyGradient = programVariants((lanes: Lanes, chunks: number, hasMask: boolean) => ({
  ...program({
    name: 'attention_key_gradient',
    reads: ['q', 'k', 'v', 'dy', 'row_sums'],
    writes: [
      { name: 'dk', type: lanes },
      { name: 'dv', type: lanes },
    ],
    lanes,
    hasMask,
    body: `
  let batch = workgroup.z;
  let kv_head = workgroup.y;
  let token0 = workgroup.x * ${attentionBlock}u;
  let shared_by = u.heads / u.kv_heads;
  var first_query = 0u;
  var last_query = u.queries;
  if (u.causal != 0u) {
    let before = u.tokens - u.queries;
    if (token0 > before) { first_query = token0 - before; }
    // The last key's window ends here.
    if (u.window != 0u) { last_query = min(u.queries, max(token0 + ${attentionBlock}u + u.window, before + 1u) - 1u - before); }
  }
${declareWeighted('dk', chunks)}
${declareWeighted('dv', chunks)}
  for (var head = kv_head * shared_by; head < (kv_head + 1u) * shared_by; head++) {
    let rows0 = (batch * u.heads + head) * u.queries;
    for (var query0 = first_query; query0 < last_query; query0 += ${attentionBlock}u) {
${declarePairs('s')}
${declarePairs('d')}
${dots('s', ['k', 'token0', 'kv_head'], ['q', 'query0', 'head'], chunks)}
${dots('d', ['v', 'token0', 'kv_head'], ['dy', 'query0', 'head'], chunks)}
${each(
  (j) => `
      let row${j} = rows0 + min(query0 + local.x + ${8 * j}u, u.queries - 1u);
      let sum${j} = row_sums[row${j}];
      let along${j} = row_sums[u.row_count + row${j}];`,
)}
${eachPair(
  (i, j) => `
      let p${i}_${j} = select(0.0, exp(min(s${i}_${j} * u.scale - sum${j}, 0.0)),
        sees(batch, query0 + local.x + ${8 * j}u, token0 + local.y + ${8 * i}u));`,
)}
${each((i) => `block[(local.y + ${8 * i}u) * 9u + local.x] = vec4<f32>(p${i}_0, p${i}_1, p${i}_2, p${i}_3);`)}
${weighted('dv', ['dy', 'query0', 'head'], chunks)}
${each(
  (i) => `
      block[(local.y + ${8 * i}u) * 9u + local.x] = vec4<f32>(${four.map((j) => `p${i}_${j} * (d${i}_${j} - along${j})`).join(', ')}) * u.scale;`,
)}
${weighted('dk', ['q', 'query0', 'head'], chunks)}
    }
  }
${writeRows('dk', 'dk', 'token0', 'kv_head', false, lanes, chunks)}
${writeRows('dv', 'dv', 'token0', 'kv_head', false, lanes, chunks)}`,
  }),
  uniforms: gradientUniforms,
}));

/** Splits a head's size into chunks of fours or of single values. */
export function headForm(headSize: number): { lanes: Lanes; chunks: number } {
  return { lanes: lanesOf(headSize), chunks: Math.ceil(headSize / 32) };
}
