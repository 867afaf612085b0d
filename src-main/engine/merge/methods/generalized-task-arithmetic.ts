import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { valueFor } from '../spaces/mergekit-parameters.ts';
import { mergeTaskVectors, type Share, type Sparsify } from '../spaces/task-vectors.ts';

/**
 * mergekit's scheme of task arithmetic: sparsify each vector, restore its L1 norm if `rescale`, weigh, elect the sign
 * of the weighted sum if `elects`, add up, divide by the weights that contribute if `normalize`, times `lambda`.
 *
 * @param sparsify takes its shares from parameters by name, each a value for every adapter or a list.
 */
export function generalizedTaskArithmetic(
  sparsify: (share: (name: string) => Share) => Sparsify,
  { elects }: { readonly elects: boolean },
): MatrixMerger['mergeMatrices'] {
  return (matrices, weights, parameters, draws) => {
    const { rescale, normalize, lambda } = parameters;
    const data = mergeTaskVectors(
      matrices,
      weights,
      {
        sparsify: sparsify((name) => (place) => valueFor(parameters[name], place)),
        ...(rescale === true ? { rescale: 'l1' as const } : {}),
        ...(elects ? { consensus: { by: 'total', weighted: true } } : {}),
        ...(normalize === true ? { normalize: 'weight' as const } : {}),
      },
      draws,
    );
    const factor = Number(lambda);
    if (factor !== 1) for (let at = 0; at < data.length; at++) data[at] = factor * (data[at] ?? 0);
    return { shape: matrices[0]?.shape ?? [], data };
  };
}
