import { type GpuProgram, programVariants } from '../program.ts';
import {
  attentionBlock,
  declarePairs,
  declareWeighted,
  dots,
  each,
  eachPair,
  four,
  places,
  program,
  scaled,
  slope,
  tokenRange,
  uniforms,
  weighted,
  writeRows,
} from './attention-programs.ts';
import type { Lanes } from './kernel.ts';

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
export const attentionQueryGradient = programVariants(
  (lanes: Lanes, chunks: number, hasMask: boolean, hasCap: boolean) => ({
    ...program({
      name: 'attention_query_gradient',
      reads: ['q', 'k', 'v', 'dy', 'row_sums'],
      writes: [{ name: 'dq', type: lanes }],
      lanes,
      hasMask,
      hasCap,
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
    let p${i}_${j} = exp(min(${scaled(`s${i}_${j}`, hasCap)} - sum${i}, 0.0));
    s${i}_${j} = select(0.0, p${i}_${j} * (d${i}_${j} - along${i}) * u.scale${slope(`s${i}_${j}`, hasCap)},
      sees(batch, query0 + local.y + ${8 * i}u, token0 + local.x + ${8 * j}u));`,
)}
${each((i) => `block[(local.y + ${8 * i}u) * 9u + local.x] = vec4<f32>(s${i}_0, s${i}_1, s${i}_2, s${i}_3);`)}
${weighted('o', ['k', 'token0', 'kv_head'], chunks)}
  }
${writeRows('dq', 'o', 'query0', 'head', true, lanes, chunks)}`,
    }),
    uniforms: gradientUniforms,
  }),
);

/** The gradients of k and v, by blocks of keys: over all queries of the heads that share them. */
export const attentionKeyGradient = programVariants(
  (lanes: Lanes, chunks: number, hasMask: boolean, hasCap: boolean) => ({
    ...program({
      name: 'attention_key_gradient',
      reads: ['q', 'k', 'v', 'dy', 'row_sums'],
      writes: [
        { name: 'dk', type: lanes },
        { name: 'dv', type: lanes },
      ],
      lanes,
      hasMask,
      hasCap,
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
  } else if (u.window != 0u) {
    let before = u.tokens - u.queries;
    if (token0 + 1u > before + u.window) { first_query = token0 + 1u - before - u.window; }
    last_query = min(u.queries, max(token0 + ${attentionBlock}u + u.window, before + 1u) - 1u - before);
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
      let p${i}_${j} = select(0.0, exp(min(${scaled(`s${i}_${j}`, hasCap)} - sum${j}, 0.0)),
        sees(batch, query0 + local.x + ${8 * j}u, token0 + local.y + ${8 * i}u));`,
)}
${each((i) => `block[(local.y + ${8 * i}u) * 9u + local.x] = vec4<f32>(p${i}_0, p${i}_1, p${i}_2, p${i}_3);`)}
${weighted('dv', ['dy', 'query0', 'head'], chunks)}
${each(
  (i) => `
      block[(local.y + ${8 * i}u) * 9u + local.x] = vec4<f32>(${four.map((j) => `p${i}_${j} * (d${i}_${j} - along${j})${slope(`s${i}_${j}`, hasCap)}`).join(', ')}) * u.scale;`,
)}
${weighted('dk', ['q', 'query0', 'head'], chunks)}
    }
  }
${writeRows('dk', 'dk', 'token0', 'kv_head', false, lanes, chunks)}
${writeRows('dv', 'dv', 'token0', 'kv_head', false, lanes, chunks)}`,
    }),
    uniforms: gradientUniforms,
  }),
);
