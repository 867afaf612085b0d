import { anyAdapters, type MergeModule, type ModuleMergeMethod } from '../merge-method.ts';
import { coreSpaceOf } from './core-basis.ts';
import type { MatrixMerger } from './matrix-merger.ts';
import { listsFor } from './mergekit-parameters.ts';

/**
 * A merger that does not depend on the axes, as a method of its own: it runs on the core matrices, Σ rᵢ in size, with
 * the same result as on ΔW.
 */
export function inCoreSpace(merger: MatrixMerger): ModuleMergeMethod {
  return {
    declaration: merger.declaration,
    makes: 'adapter',
    needs: {
      ...anyAdapters,
      ...merger.needs,
    },
    mergeModule: (...module) => mergeCores(merger, ...module),
  };
}

/** The merge of a module's core matrices, mapped back. */
export function mergeCores(
  { declaration, mergeMatrices }: MatrixMerger,
  ...[updates, weights, parameters, context]: Parameters<MergeModule>
): ReturnType<MergeModule> {
  const space = coreSpaceOf(updates, context);
  const lists = listsFor(declaration.parameters, parameters, updates);
  const drawsOf = (index: number) => context.random(`core/${updates[index]?.adapter}`);
  return space.lift(mergeMatrices(space.cores, weights, lists, drawsOf));
}
