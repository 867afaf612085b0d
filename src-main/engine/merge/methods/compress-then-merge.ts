import { type Matrix, type MatrixLike, matmul, transpose, truncatedSvd } from '../../linalg/index.ts';
import type { ModuleMergeMethod } from '../merge-method.ts';
import { coreSpaceOf } from '../spaces/core-basis.ts';
import { cutProduct, energyOf } from '../spaces/cut-rank.ts';
import { listsFor } from '../spaces/mergekit-parameters.ts';
import { chosenMerger, chosenNeeds, mergerParameters, mergerValues } from './merger-choice.ts';
import { tiesSvd } from './ties-svd.ts';

/** Most iterations of the decomposition, and the change of its error that ends it, as released. */
const iterations = 1000;
const tolerance = 1e-6;

/**
 * Compress-then-Merge: two bases of `merge_rank` directions that all adapters share (Tucker-2 of the stacked updates, by HOSVD
 * and HOOI), then a merger on the coordinates of each update in them. He et al. 2026, with the released code's defaults; in core
 * space, where the paper shows the same result.
 */
export const compressThenMerge: ModuleMergeMethod = {
  declaration: {
    id: 'compress-then-merge',
    label: 'Compress then merge',
    summary:
      'Finds a few directions that all adapters share, and runs a merger on their small coordinates. The merge has the given rank without a later cut.',
    paper: {
      title: 'Compress then Merge: From Multiple LoRAs into One Low-Rank Adapter (ICML 2026)',
      url: 'https://arxiv.org/abs/2606.03723',
    },
    parameters: [
      ...mergerParameters(tiesSvd.declaration),
      {
        name: 'merge_rank',
        label: 'Rank of the merge',
        type: 'integer',
        default: null,
        nullable: true,
        empty: 'the largest rank',
        minimum: 1,
        maximum: 4096,
        step: 1,
        help: 'Number of shared directions of each side, which is the rank of the merged adapter.',
      },
      {
        name: 'beta',
        label: 'β',
        type: 'number',
        default: 0,
        minimum: 0,
        maximum: 1,
        step: 0.25,
        help: 'Weight of the adapters’ own norms in the choice of the directions: 0 counts all adapters alike, 1 by their norms.',
      },
    ],
  },
  makes: 'adapter',
  needs: chosenNeeds,
  mergeModule(updates, weights, parameters, context) {
    const space = coreSpaceOf(updates, context);
    const [rows = 0, columns = 0] = space.cores[0]?.shape ?? [];
    const asked = Number(parameters['merge_rank'] ?? Math.max(...updates.map(({ rank }) => rank)));
    const rank = Math.min(asked, rows, columns);
    const { left, right } = sharedBases(proxies(space.cores, Number(parameters['beta'])), rank);
    const coordinates = space.cores.map((core) => matmul(transpose(left), matmul(core, right)));
    const merger = chosenMerger(parameters);
    const lists = listsFor(merger.declaration.parameters, mergerValues(merger, parameters), updates);
    const drawsOf = (index: number) => context.random(`core/${updates[index]?.adapter}`);
    const merged = merger.mergeMatrices(coordinates, weights, lists, drawsOf);
    // The product has this rank already, so the cut only lays it out.
    return cutProduct(space.lift(matmul(matmul(left, merged), transpose(right))), { rank });
  },
};

/** Updates whose norms are between their own (β 1) and the mean of all (β 0): the bases reconstruct them. */
function proxies(cores: readonly Matrix[], beta: number): Matrix[] {
  const norms = cores.map(({ data }) => Math.sqrt(energyOf(data)));
  const mean = norms.reduce((sum, norm) => sum + norm, 0) / Math.max(1, norms.length);
  return cores.map(({ shape, data }, index) => {
    const norm = norms[index] ?? 0;
    const factor = norm === 0 ? 0 : (beta * norm + (1 - beta) * mean) / norm;
    return { shape, data: data.map((value) => factor * value) };
  });
}

/** Orthonormal bases [k, rank] and [l, rank] of the Tucker-2 decomposition. */
function sharedBases(matrices: readonly Matrix[], rank: number): { readonly left: Matrix; readonly right: Matrix } {
  const turned = matrices.map(transpose);
  let left = leadingDirections(matrices, rank);
  let right = leadingDirections(turned, rank);
  const energy = matrices.reduce((sum, { data }) => sum + energyOf(data), 0);
  let before = Number.POSITIVE_INFINITY;
  for (let iteration = 0; iteration < iterations && energy > 0; iteration++) {
    const ofRight = right;
    left = leadingDirections(
      matrices.map((matrix) => matmul(matrix, ofRight)),
      rank,
    );
    right = leadingDirections(
      turned.map((matrix) => matmul(matrix, left)),
      rank,
    );
    const kept = matrices.reduce(
      (sum, matrix) => sum + energyOf(matmul(transpose(left), matmul(matrix, right)).data),
      0,
    );
    const error = Math.sqrt(Math.max(0, energy - kept) / energy);
    if (Math.abs(before - error) < tolerance) break;
    before = error;
  }
  return { left, right };
}

/** The leading left singular vectors of the matrices side by side. */
function leadingDirections(matrices: readonly MatrixLike[], rank: number): Matrix {
  const rows = matrices[0]?.shape[0] ?? 0;
  const widths = matrices.map(({ shape }) => shape[1] ?? 0);
  const width = widths.reduce((sum, one) => sum + one, 0);
  const data = new Float64Array(rows * width);
  let first = 0;
  for (const [index, matrix] of matrices.entries()) {
    const own = widths[index] ?? 0;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < own; column++)
        data[row * width + first + column] = matrix.data[row * own + column] ?? 0;
    first += own;
  }
  return truncatedSvd({ shape: [rows, width], data }, rank).u;
}
