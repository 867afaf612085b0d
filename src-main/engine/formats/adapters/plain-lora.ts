import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { adapterConfigSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { onDevice } from '../../adapters/merged-weights.ts';
import type { AdapterState, ModuleState } from '../../adapters/state.ts';
import { requireLinear } from '../../adapters/target-modules.ts';
import { type HostModule, withShared } from '../../adapters/variant.ts';
import { lora } from '../../adapters/variants/lora.ts';
import type { MergedUpdate } from '../../merge/merge-method.ts';
import { cutMatrix, cutProduct, type RankCut } from '../../merge/spaces/cut-rank.ts';
import { toMatrix } from '../../ops/linear/frozen-weight.ts';
import { toHost } from '../../ops/to-host.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';

/** Error of a conversion: relative errors are ‖ΔW − B·A‖ / ‖ΔW‖ in the Frobenius norm. */
export interface PlainLoraReport {
  readonly modules: number;
  readonly lowestRank: number;
  readonly highestRank: number;
  /** Over all modules together. */
  readonly error: number;
  readonly largest: { readonly module: string; readonly error: number };
}

/**
 * An adapter of any variant as plain LoRA: ΔW = merged − base of each module, cut by SVD to a rank or an energy share
 * (Eckart and Young 1936); the scale is in B, so that every module has the same one. If the variant's update is a
 * product, no weight of the base is read.
 *
 * @param weight reads the base's weight [outFeatures, inFeatures] of a module; the compute backend is active then.
 * @throws StudioError refused where the adapter changes more than weights, or the base is needed and not there.
 */
export async function toPlainLora(
  state: AdapterState,
  description: ModelDescription,
  cut: RankCut,
  weight: (module: string) => Promise<HostTensor>,
  onModule: (done: number, total: number) => Promise<void> = async () => undefined,
): Promise<{ state: AdapterState; report: PlainLoraReport }> {
  const { variant } = state;
  const modules = new Map<string, ModuleState>();
  const cuts: { module: string; error: number; rank: number }[] = [];
  let [lost, whole] = [0, 0];
  for (const [name, own] of state.modules) {
    const module = requireLinear(description, name);
    const adapted = withShared(module, own, state);
    if (variant.weights?.mergedBias?.changes(adapted))
      throw new StudioError(
        'refused',
        `The adapter changes the bias of ${name}, which a plain LoRA has no place for.`,
        'Merge it into its base instead.',
      );
    const draws = () => RandomStream.named(0, 'merge', `plain-lora/${name}`);
    const made =
      variant.product.lowRank === null
        ? cutMatrix(await difference(state, adapted, await weight(name)), cut, draws)
        : cutProduct(variant.product.lowRank(adapted), cut);
    modules.set(name, {
      rank: made.rank,
      scaling: 1,
      tensors: new Map([
        ['a', made.a],
        ['b', made.b],
      ]),
    });
    const { kept, total } = energiesOf(made);
    [lost, whole] = [lost + Math.max(0, total - kept), whole + total];
    cuts.push({ module: name, error: errorOf(Math.max(0, total - kept), total), rank: made.rank });
    await onModule(modules.size, state.modules.size);
  }
  const ranks = cuts.map(({ rank }) => rank);
  const [first = { module: '', error: 0 }] = cuts.toSorted((one, other) => other.error - one.error);
  const config = adapterConfigSchema.parse({ ...commonKeys(state), peft_type: lora.files.type });
  return {
    state: {
      ...state,
      variant: lora,
      parameters: lora.files.fromConfig(config),
      config,
      modules,
      shared: new Map(),
    },
    report: {
      modules: cuts.length,
      lowestRank: Math.min(...ranks),
      highestRank: Math.max(...ranks),
      error: errorOf(lost, whole),
      largest: { module: first.module, error: first.error },
    },
  };
}

/** ΔW = merged − base, computed on the active backend. */
async function difference({ variant }: AdapterState, adapted: HostModule, base: HostTensor): Promise<HostTensor> {
  return onDevice(adapted, async (placed) => {
    const delta = tf.tidy(() => {
      const own = toMatrix(base);
      return tf.sub<tf.Tensor2D>(variant.mergedWeight(own, placed, false), own);
    });
    try {
      return await toHost(delta);
    } finally {
      delta.dispose();
    }
  });
}

function energiesOf({ energy }: MergedUpdate): { kept: number; total: number } {
  return energy ?? { kept: 0, total: 0 };
}

function errorOf(lost: number, total: number): number {
  return total === 0 ? 0 : Math.sqrt(lost / total);
}

/** The keys about targets that every kind has: those of the variant's own would mean something else. */
function commonKeys({ config }: AdapterState): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => key in adapterConfigSchema.parse({})));
}
