import type { ParameterValue } from '../../../src-shared/domain/parameters/parameter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import type { AdapterState, ModuleState } from '../adapters/variant/state.ts';
import { cutMatrix } from '../merge/spaces/cut-rank.ts';
import { deltaOf } from '../merge/spaces/delta.ts';
import { LargestMagnitudes } from '../tensors/largest-magnitudes.ts';
import { keptCount } from './parameters.ts';
import { type Pruned, productOf, refuseNotFinite, requireProduct } from './prune-method.ts';

interface DeltaPruning {
  readonly method: string;
  readonly sparsity: ParameterValue | undefined;
  /** Rank to which a pruned ΔW is cut; null: the module's own. */
  readonly rank: ParameterValue | undefined;
  /** Modules of one group are compared with each other. */
  groupOf(module: string): string;
}

/**
 * Zeroes the smallest entries of ΔW = s·B·A and stores the best approximation of the rank. One ΔW is in memory at a time:
 * in a group of several modules it is recomputed in each of three passes. `kept` and `total` count entries of ΔW.
 */
export function pruneDelta(state: AdapterState, { method, sparsity, rank, groupOf }: DeltaPruning): Pruned {
  requireProduct(state, `${method} on ΔW`);
  refuseNotFinite(state);
  const groups = Map.groupBy(state.modules, ([name]) => groupOf(name));
  const modules = new Map(state.modules);
  let [kept, total, energy, keptEnergy] = [0, 0, 0, 0];
  for (const group of groups.values()) {
    const size = group.reduce((sum, [, module]) => sum + deltaSize(module), 0);
    const count = keptCount(sparsity, size);
    kept += count;
    total += size;
    if (count === size) continue;
    const largest = new LargestMagnitudes(count);
    const [only] = group;
    const single = group.length === 1 && only ? deltaOf(productOf(only[1])).data : null;
    const valuesOf = (module: ModuleState) => single ?? deltaOf(productOf(module)).data;
    for (const [, module] of group) largest.countHigh(valuesOf(module));
    for (const [, module] of group) largest.countLow(valuesOf(module));
    for (const [name, module] of group) {
      const { shape } = productOf(module).b;
      const data = valuesOf(module);
      largest.zeroOthers(data);
      const matrix = { shape: [shape[0] ?? 0, data.length / (shape[0] ?? 1)], data };
      const cut = cutMatrix(matrix, { rank: Number(rank ?? module.rank) }, () =>
        RandomStream.named(0, 'merge', `prune/svd/${name}`),
      );
      energy += cut.energy?.total ?? 0;
      keptEnergy += cut.energy?.kept ?? 0;
      const b = { shape: cut.b.shape, data: Float32Array.from(cut.b.data, (value) => value / module.scaling) };
      const tensors = new Map([...module.tensors, ['a', cut.a] as const, ['b', b] as const]);
      modules.set(name, { ...module, rank: cut.rank, tensors });
    }
  }
  const share = energy === 0 ? 1 : keptEnergy / energy;
  const note = `The cut to the rank keeps ${(100 * share).toFixed(1)} % of the energy of the pruned ΔW.`;
  return { state: { ...state, modules }, kept, total, note };
}

function deltaSize(module: ModuleState): number {
  const { a, b } = productOf(module);
  return (a.shape[1] ?? 0) * (b.shape[0] ?? 0);
}
