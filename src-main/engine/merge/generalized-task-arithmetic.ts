import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { MatrixLike } from '../linalg/index.ts';
import type { Draws } from './merge-method.ts';
import { mergeTaskVectors, type Sparsify } from './task-vectors.ts';

/**
 * mergekit's scheme of task arithmetic: sparsify each vector, restore its L1 norm if `rescale`, weigh, elect the sign
 * of the weighted sum if `elects`, add up, divide by the weights that contribute if `normalize`, times `lambda`.
 */
export function generalizedTaskArithmetic(
  matrices: readonly MatrixLike[],
  weights: readonly number[],
  { rescale, normalize, lambda }: ParameterValues,
  { sparsify, elects }: { readonly sparsify?: Sparsify; readonly elects: boolean },
  draws: (index: number) => Draws,
): MatrixLike {
  const data = mergeTaskVectors(
    matrices,
    weights,
    {
      ...(sparsify ? { sparsify } : {}),
      ...(rescale === true ? { rescale: 'l1' as const } : {}),
      ...(elects ? { consensus: { by: 'total', weighted: true } } : {}),
      ...(normalize === true ? { normalize: 'weight' as const } : {}),
    },
    draws,
  );
  const factor = Number(lambda);
  return { shape: matrices[0]?.shape ?? [], data: factor === 1 ? data : data.map((value) => factor * value) };
}
