import type { Declaration, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { MatrixLike } from '../../linalg/index.ts';
import type { Draws, MergeNeeds } from '../merge-method.ts';

/**
 * A merge of task vectors: matrices [rows, columns] of one shape, in any space (ΔW, or the core matrices of Core
 * Space).
 */
export interface MatrixMerger {
  readonly declaration: Declaration;
  /** Default: weights are neither normalized nor must they be positive; one adapter or more. */
  readonly needs?: Partial<MergeNeeds>;
  /**
   * True if the merge of matrices in other orthonormal axes is the merge in these axes: it may then run in core space. Default:
   * false.
   */
  axisFree?(parameters: ParameterValues): boolean;
  /**
   * The merged matrix, row-major, in new memory. The inputs must not be changed.
   * @param draws random stream for the matrix of this index
   */
  mergeMatrices(
    matrices: readonly MatrixLike[],
    weights: readonly number[],
    parameters: ParameterValues,
    draws: (index: number) => Draws,
  ): MatrixLike;
}
