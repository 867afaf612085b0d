import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';
import type { AdapterVariant } from '../variant/variant.ts';

/**
 * The adapter with its update multiplied by `weight` (any number; 0 switches it off). A saved head stays as it is.
 * @throws StudioError refused for a weight between off and on where the adapter does more than add a product: such tensors
 * (DoRA's magnitudes) and replaced biases have no strength.
 */
export function scaleAdapter(state: AdapterState, weight: number): AdapterState {
  if (weight === 1) return state;
  const { variant, modules } = state;
  const problem = strengthProblem(state);
  if (problem !== null) {
    if (weight === 0) return { ...state, modules: new Map(), biases: new Map() };
    throw new StudioError(
      'refused',
      `The adapter cannot be scaled by ${weight}: ${problem}.`,
      'Give it the weight 1 (on) or 0 (off).',
    );
  }
  const scaled = new Map<string, ModuleState>();
  for (const [name, module] of modules)
    scaled.set(
      name,
      variant.product.isLinearInFactors === true
        ? withFactor(module, weight)
        : { ...module, scaling: module.scaling * weight },
    );
  return { ...state, modules: scaled };
}

/** Reason why the update of such an adapter cannot be multiplied, as the end of a sentence; null if it can. */
export function strengthProblem({
  variant: { declaration, product },
  biases,
}: {
  readonly variant: Pick<AdapterVariant, 'declaration' | 'product'>;
  readonly biases: { readonly size: number };
}): string | null {
  if (product.lowRank === null && product.isLinearInFactors !== true)
    return `it is a ${declaration.label}, and ${product.reason}`;
  return biases.size > 0 ? "its biases replace the base's own and have no strength" : null;
}

/** The module with its factor B multiplied, for variants without a scaling. */
function withFactor(module: ModuleState, weight: number): ModuleState {
  const b = module.tensors.get('b');
  if (b === undefined) throw new Error('a product of factors has no b');
  const scaled: HostTensor = { ...b, data: Float32Array.from(b.data, (value) => weight * value) };
  return { ...module, tensors: new Map([...module.tensors, ['b', scaled]]) };
}
