import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { AdapterState } from '../../adapters/variant/state.ts';
import { lora } from '../../adapters/variants/lora.ts';
import { tokensOfSaved } from '../../adapters/weights/trained-tokens.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { headDifference } from '../checks/head-difference.ts';
import { preflightLines } from '../checks/preflight.ts';
import {
  isUsed,
  type MergeInput,
  type MergeMethod,
  refuseIllegal,
  type StateMergeMethod,
  sum,
  weightAt,
} from '../merge-method.ts';
import { inherited } from './merged-adapter.ts';
import type { MergeRequest } from './run-merge.ts';
import { meanHead } from './task-heads.ts';

/** Ways to make a merge other than a plain LoRA of updates B·A. */
type WholeMerge = 'parameters' | 'products';

/** Null where it is merged module by module into a plain LoRA, as most are. */
export function wholeMergeOf(method: MergeMethod, inputs: readonly Pick<MergeInput, 'variant'>[]): WholeMerge | null {
  if ('mergeStates' in method) return 'parameters';
  const isLinear = inputs.length > 0 && inputs.every(({ variant }) => variant.product.isLinearInFactors === true);
  return method.needs.linearInUpdates === true && isLinear ? 'products' : null;
}

/**
 * The average of parameters, with heads and labels as every merge has them.
 * @throws StudioError refused with the first failed check
 */
export function mergeParameters(
  method: StateMergeMethod,
  { weights, parameters: given, base }: MergeRequest,
  states: readonly AdapterState[],
): AdapterState {
  const { description } = base;
  const parameters = checkedParameters(method.declaration, given);
  refuseIllegal(preflightLines(method, states, weights, parameters, { layerCount: description.layerCount }));
  const used = states.flatMap((state, place) => {
    const weight = weights[place] ?? 0;
    return isUsed(weight) ? [{ state, weight }] : [];
  });
  const part = used.map(({ state }) => state);
  const [first] = part;
  if (first === undefined) throw new RangeError('A merge needs at least one adapter.');
  if (part.length === 1) return first;
  const weightsIn = (layer: number | null) => {
    const own = used.map(({ weight }) => weightAt(weight, layer));
    const total = sum(own);
    return own.map((weight) => weight / total);
  };
  const merged = method.mergeStates(part, weightsIn, description);
  const headless = headDifference(part) !== null;
  return {
    ...first,
    ...merged,
    config: {
      ...first.config,
      ...(headless ? { modules_to_save: null } : {}),
      ...tokensOfSaved(first.config, headless ? [] : part),
    },
    saved: headless ? new Map() : meanHead(part, weightsIn(null)),
    ...inherited(part, headless),
  };
}

/** An adapter by the products of its factors, as a plain LoRA. */
export function productsOf(state: AdapterState): AdapterState {
  return { ...state, variant: lora, parameters: checkedParameters(lora.declaration, {}) };
}

/** The merge of such products as an adapter of their variant; zeros bring the factors of all modules to one rank. */
export function fromProducts(merged: AdapterState, { variant, parameters }: AdapterState): AdapterState {
  const r = Math.max(0, ...[...merged.modules.values()].map(({ rank }) => rank ?? 0));
  const modules = new Map(
    [...merged.modules].map(([name, { scaling, tensors }]) => {
      const [a, b] = [tensors.get('a'), tensors.get('b')];
      if (!a || !b || scaling !== 1) throw new Error(`the merge of ${name} is no product at scaling 1`);
      return [
        name,
        {
          rank: r,
          scaling,
          tensors: new Map([
            ['a', withRows(a, r)],
            ['b', withColumns(b, r)],
          ]),
        },
      ] as const;
    }),
  );
  return { ...merged, variant, parameters: { ...parameters, r }, modules };
}

function withRows({ shape: [rows = 0, columns = 0], data }: HostTensor, count: number): HostTensor {
  if (rows === count) return { shape: [rows, columns], data };
  const wider = new Float32Array(count * columns);
  wider.set(data);
  return { shape: [count, columns], data: wider };
}

function withColumns({ shape: [rows = 0, columns = 0], data }: HostTensor, count: number): HostTensor {
  if (columns === count) return { shape: [rows, columns], data };
  const wider = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) wider.set(data.subarray(row * columns, (row + 1) * columns), row * count);
  return { shape: [rows, count], data: wider };
}
