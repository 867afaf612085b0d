import { cutMatrix } from './cut-rank.ts';
import { deltaOf } from './delta.ts';
import type { MatrixMerger } from './matrix-merger.ts';
import type { ModuleMergeMethod } from './merge-method.ts';
import { clampFactors, rankCut, rankParameters } from './svd-parameters.ts';

/**
 * A merge of task vectors on ΔW: module by module each adapter's ΔW [out, in] is formed in full, and the merge is cut
 * to a rank by SVD.
 */
export function onDelta(merger: MatrixMerger): ModuleMergeMethod {
  const { declaration, needs } = merger;
  return {
    declaration: { ...declaration, parameters: [...declaration.parameters, ...rankParameters('the largest rank')] },
    makes: 'adapter',
    needs: { equalRanks: false, equalTargets: false, negativeWeights: true, normalized: () => false, ...needs },
    mergeModule(updates, weights, parameters, { random }) {
      const merged = merger.mergeMatrices(updates.map(deltaOf), weights, parameters, (index) =>
        random(`delta/${updates[index]?.adapter}`),
      );
      const largest = Math.max(...updates.map(({ rank }) => rank));
      return clampFactors(
        cutMatrix(merged, rankCut(parameters, largest), () => random('svd')),
        parameters,
      );
    },
  };
}
