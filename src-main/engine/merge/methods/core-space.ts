import type { PreflightLine } from '../../../../src-shared/domain/evaluation.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameter.ts';
import { checkWeights } from '../checks/check-weights.ts';
import { anyAdapters, type MergeWeight, type ModuleMergeMethod } from '../merge-method.ts';
import { mergeCores } from '../spaces/in-core-space.ts';
import { checkLists } from '../spaces/mergekit-parameters.ts';
import { matrixMerger } from './core-space-mergers.ts';
import { mergerParameters, mergerValues } from './merger-parameters.ts';

/**
 * Core Space with any merger of task vectors on top: it runs on the core matrices Uᵀ·ΔWᵢ·V, in Σ rᵢ dimensions. Panariello
 * et al. 2025, section 3.
 */
export const coreSpace: ModuleMergeMethod = {
  declaration: {
    id: 'core-space',
    label: 'Core Space',
    summary:
      'Runs a merger on small matrices, in axes that all adapters share, instead of on ΔW. Nothing of the adapters is lost.',
    paper: {
      title: 'Accurate and Efficient Low-Rank Model Merging in Core Space',
      url: 'https://arxiv.org/abs/2509.17786',
    },
    parameters: mergerParameters('ties-svd'),
  },
  makes: 'adapter',
  needs: {
    ...anyAdapters,
    normalized: (parameters) => chosen(parameters).needs.normalized(mergerValues(chosen(parameters), parameters)),
    changesSingle: true,
    check,
  },
  mergeModule(updates, weights, parameters, context) {
    const merger = chosen(parameters);
    return mergeCores(merger, updates, weights, mergerValues(merger, parameters), context);
  },
};

function chosen({ merger }: ParameterValues) {
  const found = matrixMerger(String(merger));
  return { ...found, needs: { ...anyAdapters, ...found.needs } };
}

/** What the chosen merger refuses: counts and signs of weights, lists of a wrong length, and its own check. */
function check(parameters: ParameterValues, weights: readonly MergeWeight[]): PreflightLine | null {
  const merger = chosen(parameters);
  const { label } = merger.declaration;
  const values = mergerValues(merger, parameters);
  const names = weights.map((_, index) => `adapter ${index + 1}`);
  const own = checkWeights(label, weights, merger.needs, merger.needs.normalized(values), names, null);
  if (own.verdict === 'refused') return own;
  return checkLists(merger.declaration, parameters, weights.length) ?? merger.needs.check?.(values, weights) ?? null;
}
