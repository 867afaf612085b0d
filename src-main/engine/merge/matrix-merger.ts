import type { Declaration, ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { MatrixLike } from '../linalg/index.ts';
import type { Draws } from './merge-method.ts';

/**
 * A merge of task vectors: matrices [rows, columns] of one shape, in any space (ΔW, or the core matrices of Core
 * Space).
 */
export interface MatrixMerger {
  readonly declaration: Declaration;
  /**
   * The merged matrix, row-major, in new memory. The inputs must not be changed.
   * @param random random stream for one purpose, such as the mask of matrix 2
   */
  mergeMatrices(
    matrices: readonly MatrixLike[],
    weights: readonly number[],
    parameters: ParameterValues,
    random: (purpose: string) => Draws,
  ): MatrixLike;
}
