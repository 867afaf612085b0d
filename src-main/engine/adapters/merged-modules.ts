import type * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../src-shared/domain/model.ts';
import { FrozenWeight } from '../ops/linear/frozen-weight.ts';
import { toHost } from '../ops/to-host.ts';
import { mergedBias } from './merged-weights.ts';
import type { AdapterState } from './state.ts';
import type { TrainedModule } from './variant-training.ts';

/**
 * Weights with the adapter in them, by module, each on the device and the caller's to dispose.
 * @param below `frozenUnder`: the frozen weight below a module's adapter; `madeWeight`: one that is made of it for the adapter, a
 *   new tensor, or null where it is used as it is.
 */
export async function mergedModules(
  adapted: Iterable<TrainedModule>,
  { variant, biases }: Pick<AdapterState, 'variant' | 'biases'>,
  below: {
    frozenUnder(module: LinearModule): FrozenWeight;
    madeWeight(module: LinearModule, weight: tf.Tensor2D): tf.Tensor2D | null;
  },
): Promise<Map<string, FrozenWeight>> {
  const merged = new Map<string, FrozenWeight>();
  for (const one of adapted) {
    const { name, kind } = one.module;
    const { weight, bias, bfloat16 } = below.frozenUnder(one.module);
    const standIn = biases.get(`${name}.bias`);
    const baseBias = standIn ?? (bias && (await toHost(bias)));
    const own = below.madeWeight(one.module, weight);
    const made = variant.mergedWeight(own ?? weight, one, kind === 'embedding');
    own?.dispose();
    const madeBias = variant.mergedBias?.changes(one) ? await mergedBias(variant, baseBias, one) : baseBias;
    merged.set(name, new FrozenWeight(made, madeBias, bfloat16));
  }
  return merged;
}
