import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { IdentityOutcome } from '../../../../src-shared/domain/merging/merge.ts';
import { findLinear } from '../../adapters/targets/target-modules.ts';
import type { AdapterState, ModuleState } from '../../adapters/variant/state.ts';
import { withShared } from '../../adapters/variant/variant.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { type LowRankUpdate, updateOf } from '../merge-method.ts';
import { mergeStates } from './merge-states.ts';
import type { MergeRequest } from './run-merge.ts';

const halves = { alone: [1], twice: [0.5, 0.5] } as const;

/**
 * Merges an adapter alone, and with itself, and says how far ΔW comes back. Methods that cut, trim or drop change it, which is
 * what they are for; any other should not.
 */
export async function identityTest(
  request: Omit<MergeRequest, 'weights'>,
  state: AdapterState,
): Promise<IdentityOutcome[]> {
  const outcomes: IdentityOutcome[] = [];
  for (const input of ['alone', 'twice'] as const) {
    const weights = halves[input];
    try {
      const merged = await mergeStates(
        { ...request, weights },
        weights.map(() => state),
      );
      outcomes.push({ of: input, ...(await largestError(request, state, merged)), reason: null });
    } catch (error) {
      if (!(error instanceof StudioError) || error.code !== 'refused') throw error;
      outcomes.push({ of: input, exact: false, error: null, module: null, reason: error.message });
    }
  }
  return outcomes;
}

async function largestError(
  { base, onModule }: Pick<MergeRequest, 'base' | 'onModule'>,
  own: AdapterState,
  merged: AdapterState,
): Promise<Pick<IdentityOutcome, 'exact' | 'error' | 'module'>> {
  const sameVariant = own.variant === merged.variant;
  let worst = { error: 0, module: null as string | null };
  let exact = true;
  const note = (error: number, name: string) => {
    if (error > 0) exact = false;
    if (error > worst.error) worst = { error, module: name };
  };
  let done = 0;
  for (const [name, module] of own.modules) {
    await onModule?.(++done, own.modules.size);
    const other = merged.modules.get(name);
    if (other === undefined) note(1, name);
    else if (!(sameVariant && isSame(module, other))) {
      exact = false;
      note(moduleError(base.description, name, [own, module], [merged, other]), name);
    }
  }
  for (const [name, tensor] of own.saved) {
    const other = merged.saved.get(name);
    note(other === undefined ? 1 : tensorError(tensor, other), name);
  }
  return { exact, ...worst };
}

function isSame(one: ModuleState, other: ModuleState): boolean {
  return (
    one.scaling === other.scaling &&
    one.tensors.size === other.tensors.size &&
    [...one.tensors].every(([part, tensor]) => {
      const counterpart = other.tensors.get(part);
      return counterpart !== undefined && tensorError(tensor, counterpart) === 0;
    })
  );
}

/** Relative error of ΔW if both are B·A, else of the tensors. */
function moduleError(
  description: MergeRequest['base']['description'],
  name: string,
  [own, module]: readonly [AdapterState, ModuleState],
  [merged, other]: readonly [AdapterState, ModuleState],
): number {
  const linear = findLinear(description, name);
  if (linear === null || own.variant.product.lowRank === null || merged.variant.product.lowRank === null) {
    const errors = [...module.tensors].map(([part, tensor]) => {
      const counterpart = other.tensors.get(part);
      return counterpart === undefined ? 1 : tensorError(tensor, counterpart);
    });
    return Math.max(0, ...errors);
  }
  return productError(
    updateOf(own.variant, withShared(linear, module, own)),
    updateOf(merged.variant, withShared(linear, other, merged)),
  );
}

/** ‖ΔW − ΔW′‖ / ‖ΔW‖ of s·B·A each, by the Gram matrices of the factors: ΔW itself is never made. */
export function productError(own: LowRankUpdate, merged: LowRankUpdate): number {
  const inner = (one: LowRankUpdate, other: LowRankUpdate) => one.scaling * other.scaling * productInner(one, other);
  const norm = inner(own, own);
  const difference = norm - 2 * inner(own, merged) + inner(merged, merged);
  if (norm === 0) return difference > 0 ? 1 : 0;
  return Math.sqrt(Math.max(0, difference) / norm);
}

/** ⟨B₁A₁, B₂A₂⟩ = Σ (B₁ᵀB₂)ᵢⱼ (A₁A₂ᵀ)ᵢⱼ, in double precision. */
function productInner(one: LowRankUpdate, other: LowRankUpdate): number {
  const [ranks = 0, width = 0] = one.a.shape;
  const [otherRanks = 0] = other.a.shape;
  const height = one.b.shape[0] ?? 0;
  let total = 0;
  for (let i = 0; i < ranks; i++)
    for (let j = 0; j < otherRanks; j++) {
      let rows = 0;
      for (let at = 0; at < width; at++)
        rows += Number(one.a.data[i * width + at]) * Number(other.a.data[j * width + at]);
      let columns = 0;
      for (let at = 0; at < height; at++)
        columns += Number(one.b.data[at * ranks + i]) * Number(other.b.data[at * otherRanks + j]);
      total += rows * columns;
    }
  return total;
}

function tensorError(one: HostTensor, other: HostTensor): number {
  if (one.data.length !== other.data.length) return 1;
  let [difference, norm] = [0, 0];
  for (let at = 0; at < one.data.length; at++) {
    const [value, counterpart] = [Number(one.data[at]), Number(other.data[at])];
    difference += (value - counterpart) ** 2;
    norm += value ** 2;
  }
  if (difference === 0) return 0;
  return norm === 0 ? 1 : Math.sqrt(difference / norm);
}
