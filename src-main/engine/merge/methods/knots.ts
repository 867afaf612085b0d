import { leading, matmul, svd, transpose } from '../../linalg/index.ts';
import { MagnitudeThreshold } from '../../tensors/magnitude-threshold.ts';
import { type AdapterMergeMethod, anyAdapters, type MergePass, type ModuleToMerge } from '../merge-method.ts';
import { coreSpaceOf } from '../spaces/core-basis.ts';
import { rootOf } from '../spaces/stacked-factors.ts';
import { seedParameter } from './parameters.ts';

/** Components of [ΔW₁ … ΔWₙ] with a smaller singular value are left out, as in the released code. */
const minSingularValue = 1e-5;
/** Entries that are merged at a time: their sums stay in the first-level cache. */
const chunk = 1024;

/**
 * KnOTS: the adapters' updates of a module in the axes of one singular value decomposition of [ΔW₁ … ΔWₙ], merged there
 * and mapped back. Stoica et al. 2025, section 4. Trimming takes one threshold an adapter, over all modules, as the
 * released code does.
 */
export const knots: AdapterMergeMethod = {
  declaration: {
    id: 'knots',
    label: 'KnOTS',
    summary: 'Aligns the updates by one singular value decomposition, trims and merges them there, and maps back.',
    paper: { title: 'Model Merging with SVD to Tie the KnOTS', url: 'https://arxiv.org/abs/2410.19735' },
    parameters: [
      {
        name: 'merger',
        label: 'Merger',
        type: 'choice',
        default: 'ties',
        choices: [
          { value: 'ties', label: 'TIES: elect signs, average what agrees' },
          { value: 'task-arithmetic', label: 'Task arithmetic: the sum' },
        ],
        help: 'What merges the aligned matrices. Untrimmed task arithmetic is the plain weighted sum of the updates.',
      },
      {
        name: 'density',
        label: 'Density',
        type: 'number',
        default: 0.2,
        above: 0,
        maximum: 1,
        step: 0.05,
        help: 'Share of the aligned entries of an adapter, over all modules, that is kept, largest first.',
      },
      {
        name: 'dare_pruning_coeffs',
        label: 'DARE: share dropped',
        type: 'number',
        default: 0,
        minimum: 0,
        maximum: 0.99,
        step: 0.05,
        help: 'Share of the aligned entries dropped at random before trimming; the rest is divided by 1 − it. 0: no DARE.',
      },
      seedParameter,
    ],
  },
  makes: 'adapter',
  needs: {
    ...anyAdapters,
    changesSingle: true,
  },
  async prepare(pass) {
    const density = Number(pass.parameters['density']);
    const dropped = Number(pass.parameters['dare_pruning_coeffs']);
    const thresholds = density < 1 ? await findThresholds(pass, density, dropped) : null;
    const elects = pass.parameters['merger'] === 'ties';
    return (updates, weights, _parameters, context) => {
      const { aligned, left } = align({ updates, weights, context }, dropped);
      for (const [index, values] of aligned.entries()) trim(values, thresholds?.get(updates[index]?.adapter ?? 0) ?? 0);
      const inputs = updates[0]?.a.shape[1] ?? 0;
      const merged = context.allocate(aligned[0]?.length ?? 0);
      mergeAligned(merged, aligned, weights, elects);
      const rank = left.shape[1] ?? 0;
      return { a: { shape: [rank, inputs], data: merged }, b: left, rank, scaling: 1 };
    };
  },
};

/** Each adapter's threshold: the magnitude of its ⌊density · d⌋ + 1 largest of d aligned entries, as released. */
async function findThresholds(pass: MergePass, density: number, dropped: number): Promise<ReadonlyMap<number, number>> {
  const found = new Map(pass.adapters.map((adapter) => [adapter, new MagnitudeThreshold()]));
  let done = 0;
  const count = async (kind: 'countHigh' | 'countLow') => {
    for await (const module of pass.modules()) {
      const { aligned } = align(module, dropped);
      for (const [index, values] of aligned.entries()) found.get(module.updates[index]?.adapter ?? -1)?.[kind](values);
      await pass.progress('Aligning', ++done, 2 * pass.names.length);
    }
  };
  await count('countHigh');
  for (const one of found.values()) one.choose(Math.min(one.size, Math.trunc(one.size * density) + 1));
  await count('countLow');
  return new Map([...found].map(([adapter, one]) => [adapter, one.value()]));
}

/** diag(σ)·Vᵢ [k, in] of each adapter, row-major in float32, after DARE; and U [out, k]. */
function align({ updates, context }: ModuleToMerge, dropped: number) {
  const space = coreSpaceOf(updates, context);
  const [k = 0, l = 0] = space.cores[0]?.shape ?? [];
  const side = new Float64Array(k * l * updates.length);
  for (const [index, { data }] of space.cores.entries())
    for (let row = 0; row < k; row++)
      side.set(data.subarray(row * l, (row + 1) * l), (row * updates.length + index) * l);
  const decomposed = svd({ shape: [k, l * updates.length], data: side });
  const kept = decomposed.s.filter((value) => value > minSingularValue).length;
  const { u: axes } = leading(decomposed, kept);
  const aligned = updates.map((update, index) => {
    const coordinates = matmul(transpose(axes), space.leftCoordinates[index] ?? axes);
    const root = rootOf(update, 'a');
    const { data } = matmul(coordinates, update.a);
    const values = new Float32Array(data.length);
    for (let at = 0; at < values.length; at++) values[at] = root * (data[at] ?? 0);
    if (dropped > 0) dropAtRandom(values, dropped, context.random(`mask/${update.adapter}`));
    return values;
  });
  return { aligned, left: space.combineLeft(axes) };
}

function dropAtRandom(values: Float32Array, share: number, draws: { uniform(): number }): void {
  for (let at = 0; at < values.length; at++)
    values[at] = draws.uniform() < 1 - share ? (values[at] ?? 0) / (1 - share) : 0;
}

function trim(values: Float32Array, threshold: number): void {
  for (let at = 0; at < values.length; at++) if (Math.abs(values[at] ?? 0) < threshold) values[at] = 0;
}

/** Σ wᵢ·vᵢ; with an election only over the entries of the sum's sign, divided by how many they are. */
function mergeAligned(
  merged: Float32Array,
  aligned: readonly Float32Array[],
  weights: readonly number[],
  elects: boolean,
): void {
  const [totals, sums, counts] = [new Float64Array(chunk), new Float64Array(chunk), new Int32Array(chunk)];
  for (let start = 0; start < merged.length; start += chunk) {
    const now = Math.min(chunk, merged.length - start);
    for (const values of [totals, sums, counts]) values.fill(0);
    for (const values of aligned)
      for (let at = 0; at < now; at++) totals[at] = (totals[at] ?? 0) + (values[start + at] ?? 0);
    for (const [index, values] of aligned.entries()) {
      const weight = weights[index] ?? 0;
      for (let at = 0; at < now; at++) {
        const value = values[start + at] ?? 0;
        if (value === 0 || (elects && value > 0 !== (totals[at] ?? 0) >= 0)) continue;
        sums[at] = (sums[at] ?? 0) + weight * value;
        counts[at] = (counts[at] ?? 0) + 1;
      }
    }
    for (let at = 0; at < now; at++) {
      const count = counts[at] ?? 0;
      merged[start + at] = elects && count > 0 ? (sums[at] ?? 0) / count : (sums[at] ?? 0);
    }
  }
}
