import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { gram, type Matrix, matmul, solveSymmetric, toFloat32 } from '../../linalg/index.ts';
import { type AdapterMergeMethod, type AdapterUpdate, sum } from '../merge-method.ts';
import { stacked } from '../spaces/stacked-factors.ts';
import { weightedMatrixSum } from '../spaces/weighted-sums.ts';

/**
 * RegMean: the ΔW nearest to every adapter's on the inputs that its module sees, (Σ ΔWᵢ·Gᵢ)·(Σ Gᵢ)⁻¹ with Gᵢ = Xᵢᵀ·Xᵢ /
 * rows. Jin et al. 2023, equation 2. All Bᵢ stay unchanged, so the merge has the rank Σ rᵢ: A = [s₁·A₁·G₁; …]·(Σ Gᵢ)⁻¹.
 */
export const regMean: AdapterMergeMethod = {
  declaration: {
    id: 'regmean',
    label: 'RegMean',
    summary: "Solves for the update whose outputs are nearest to each adapter's on that adapter's own inputs.",
    paper: {
      title: 'Dataless Knowledge Fusion by Merging Weights of Language Models',
      url: 'https://arxiv.org/abs/2212.09849',
    },
    parameters: [
      {
        name: 'reduce_non_diagonal_ratio',
        label: 'Off-diagonal ratio',
        type: 'number',
        default: 0.95,
        minimum: 0,
        maximum: 1,
        step: 0.05,
        help: 'Multiplies the products of different inputs. Below 1 the system can be solved whatever the examples are; at 0 each input is averaged by its own size.',
      },
    ],
  },
  makes: 'adapter',
  needs: {
    equalRanks: false,
    equalTargets: true,
    negativeWeights: false,
    normalized: () => true,
    data: 'inputs',
    adapters: { minimum: 2 },
  },
  prepare({ parameters, data }) {
    const ratio = Number(parameters['reduce_non_diagonal_ratio']);
    return Promise.resolve(async (updates, weights, _parameters, { name }) => {
      const grams: Matrix[] = [];
      for (const { adapter } of updates) grams.push(inputGram(await data.inputs(adapter, name), ratio));
      return mergeByGrams(updates, weights, grams, name);
    });
  },
};

/** Xᵀ·X / rows, what is off the diagonal times `ratio`; X [rows, in]. */
export function inputGram(
  inputs: Matrix | { shape: readonly number[]; data: ArrayLike<number> },
  ratio: number,
): Matrix {
  const rows = inputs.shape[0] ?? 1;
  const { shape, data } = gram([{ matrix: inputs, scale: 1 / Math.sqrt(rows) }], 'columns');
  const [size] = shape;
  return { shape, data: data.map((value, at) => (at % (size + 1) === 0 ? value : ratio * value)) };
}

/**
 * The closed form of one module.
 * @throws StudioError refused where the inputs leave the system without a solution
 */
export function mergeByGrams(
  updates: readonly AdapterUpdate[],
  weights: readonly number[],
  grams: readonly Matrix[],
  name: string,
) {
  const size = updates[0]?.a.shape[1] ?? 0;
  const { data: total } = weightedMatrixSum(grams, weights);
  // An input that is always 0 has no equation: it is averaged plainly.
  const isDead = Array.from({ length: size }, (_, column) => total[column * (size + 1)] === 0);
  for (const [column, dead] of isDead.entries()) if (dead) total[column * (size + 1)] = 1;
  const rank = sum(updates.map((update) => update.rank));
  const right = new Float64Array(rank * size);
  let first = 0;
  for (const [index, { a, scaling }] of updates.entries()) {
    const weight = (weights[index] ?? 0) * scaling;
    const product = matmul(a, grams[index] ?? { shape: [size, size], data: new Float64Array(size * size) });
    for (let at = 0; at < product.data.length; at++)
      right[first + at] = weight * ((isDead[at % size] ? a.data[at] : product.data[at]) ?? 0);
    first += product.data.length;
  }
  return {
    a: toFloat32(solve({ shape: [size, size], data: total }, { shape: [rank, size], data: right }, name)),
    b: stacked(updates, 'b', (length) => new Float32Array(length)),
    rank,
    scaling: 1,
  };
}

function solve(total: Matrix, right: Matrix, name: string): Matrix {
  try {
    return solveSymmetric(total, right);
  } catch {
    throw new StudioError(
      'refused',
      `RegMean has too few different inputs of ${name} to solve for its update.`,
      'Lower reduce_non_diagonal_ratio below 1, or give more tuning examples.',
    ).at('reduce_non_diagonal_ratio');
  }
}
