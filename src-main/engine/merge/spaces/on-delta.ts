import { anyAdapters, type ModuleMergeMethod } from '../merge-method.ts';
import { cutMatrix } from './cut-rank.ts';
import { DeltaRows } from './delta.ts';
import type { MatrixMerger } from './matrix-merger.ts';
import { checkLists, listsFor } from './mergekit-parameters.ts';
import { clampFactors, rankCut, rankParameters } from './svd-parameters.ts';

/**
 * A merge of task vectors on ΔW [out, in], module by module: the merge is formed in full and cut to a rank by SVD.
 */
export function onDelta(merger: MatrixMerger): ModuleMergeMethod {
  const { needs } = merger;
  const own = merger.declaration;
  const declaration = { ...own, parameters: [...own.parameters, ...rankParameters('the largest rank')] };
  return {
    declaration,
    makes: 'adapter',
    needs: {
      ...anyAdapters,
      ...needs,
      check: (parameters, weights) =>
        checkLists(declaration, parameters, weights.length) ?? needs?.check?.(parameters, weights) ?? null,
    },
    mergeModule(updates, weights, parameters, { random }) {
      const lists = listsFor(own.parameters, parameters, updates);
      const merged = merger.mergeMatrices(
        updates.map((update) => new DeltaRows(update)),
        weights,
        lists,
        (index) => random(`delta/${updates[index]?.adapter}`),
      );
      const largest = Math.max(...updates.map(({ rank }) => rank));
      return clampFactors(
        cutMatrix(merged, rankCut(parameters, largest), () => random('svd')),
        parameters,
      );
    },
  };
}
