import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { LinearModule, ModelDescription } from '../../../src-shared/domain/model.ts';
import { toMatrix } from '../ops/linear/frozen-weight.ts';
import { toHost } from '../ops/to-host.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import type { TensorSource } from '../tensors/safetensors.ts';
import { transposed } from '../tensors/transpose.ts';
import { requireBiasVector } from './base-biases.ts';
import type { AdapterState, ModuleFactors } from './state.ts';
import { findLinear } from './target-modules.ts';
import type { AdapterVariant } from './variant.ts';
import { recognizeVariant } from './variants/index.ts';

/** The bias that does what the base's and the adapter's own (of B, scaled as B·A is) do together; null where both lack one. */
export function mergedBias(
  bias: HostTensor | null,
  { bias: own, scaling }: Pick<ModuleFactors, 'bias' | 'scaling'>,
): HostTensor | null {
  if (!own) return bias;
  return {
    shape: own.shape,
    data: Float32Array.from(own.data, (value, at) => (bias?.data[at] ?? 0) + scaling * value),
  };
}

/** A weight as stored with the adapter in it, computed on the device; `inputsFirst` as the variant has it. */
async function mergedOnDevice(
  variant: AdapterVariant,
  weight: HostTensor,
  { a, b, magnitude, scaling }: ModuleFactors,
  inputsFirst: boolean,
): Promise<HostTensor> {
  const merged = tf.tidy(() => {
    const lengths = magnitude ? tf.tensor1d(magnitude.data, 'float32') : null;
    const factors = { a: toMatrix(a), b: toMatrix(b), magnitude: lengths, scaling };
    return variant.mergedWeight(toMatrix(weight), factors, inputsFirst);
  });
  try {
    return await toHost(merged);
  } finally {
    merged.dispose();
  }
}

/** A tensor that is made when it is asked for: a checkpoint is merged tensor by tensor. */
export interface MergedTensor {
  readonly shape: readonly number[];
  make(): Promise<HostTensor>;
}

/**
 * Every tensor of the checkpoint that the adapter changes, merged into it, by its key there and laid out as there (Conv1D
 * [in, out]). They are computed on the active compute backend.
 *
 * @throws StudioError refused where a checkpoint has no place for what the adapter does: a bias that the base lacks, or a
 * change of one of two modules that are stored as one tensor.
 */
export function mergedTensors(
  weights: Pick<TensorSource, 'read' | 'info'>,
  description: ModelDescription,
  state: AdapterState,
): Map<string, MergedTensor> {
  const variant = recognizeVariant(state.config, 'The adapter');
  const tensors = new Map<string, MergedTensor>();
  const putWhole = (key: string, tensor: HostTensor) =>
    tensors.set(key, { shape: tensor.shape, make: async () => tensor });
  const putChanged = (key: string, change: (stored: HostTensor) => HostTensor | Promise<HostTensor>) =>
    tensors.set(key, { shape: weights.info(key).shape, make: async () => change(await weights.read(key)) });
  for (const [name, tensor] of state.biases) putWhole(requireBiasVector(description, name).checkpointKey, tensor);
  for (const [name, factors] of state.modules) {
    const module = findLinear(description, name);
    if (!module) throw new StudioError('refused', `The base has no linear ${name}, which the adapter is for.`);
    if (factors.bias && !module.hasBias)
      throw new StudioError(
        'refused',
        `The adapter has a bias on ${name} (lora_bias), but the base has none there: merged weights have no place for it.`,
        'Keep it as an adapter, or train it with lora_bias off.',
      );
    refuseShared(description.linears, module);
    const [weightKey, biasKey] = [`${module.checkpointKey}.weight`, `${module.checkpointKey}.bias`];
    const inputsFirst = module.fanInFanOut || module.kind === 'embedding';
    putChanged(weightKey, (stored) => mergedOnDevice(variant, stored, factors, inputsFirst));
    if (factors.bias)
      putChanged(biasKey, (stored) => {
        const bias = state.biases.get(`${name}.bias`) ?? stored;
        return mergedBias(bias, factors) ?? bias;
      });
  }
  for (const [name, tensor] of state.saved) {
    const isWeight = name.endsWith('.weight');
    const module = findLinear(description, name.slice(0, name.lastIndexOf('.')));
    if (!module) continue;
    refuseShared(description.linears, module);
    const stored = isWeight && module.fanInFanOut ? transposed(tensor) : tensor;
    putWhole(`${module.checkpointKey}.${isWeight ? 'weight' : 'bias'}`, stored);
  }
  return tensors;
}

/** A head that is tied to the embedding is stored as the same tensor. */
function refuseShared(modules: readonly LinearModule[], module: LinearModule): void {
  const other = modules.find((one) => one !== module && one.checkpointKey === module.checkpointKey);
  if (other === undefined) return;
  throw new StudioError(
    'refused',
    `The adapter changes ${module.name}, which the base stores as one tensor with ${other.name} (tied): merging would change both.`,
    'Keep it as an adapter, or train one that leaves the embedding and the head alone.',
  );
}
