import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { toMatrix } from '../../ops/linear/frozen-weight.ts';
import { toHost, toTensor } from '../../ops/to-host.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { transposed } from '../../tensors/transpose.ts';
import { findLinear, requireLinear } from '../targets/target-modules.ts';
import type { AdapterState } from '../variant/state.ts';
import { type AdapterVariant, type HostModule, type ModuleTensors, withShared } from '../variant/variant.ts';
import { requireBiasVector } from './base-biases.ts';
import { tokenRowsKey, tokenTargets, withTokenRows } from './trained-tokens.ts';

/** The bias of a module whose adapter changes it, computed on the device. */
export async function mergedBias(
  variant: AdapterVariant,
  bias: HostTensor | null,
  adapted: ModuleTensors<tf.Tensor>,
): Promise<HostTensor> {
  const merged = tf.tidy(() => {
    const own = bias && tf.tensor1d(Float32Array.from(bias.data), 'float32');
    const { mergedBias } = variant.weights ?? {};
    if (!mergedBias) throw new Error('a variant that changes no bias was asked for one');
    return mergedBias.merge(own, adapted);
  });
  try {
    return await toHost(merged);
  } finally {
    merged.dispose();
  }
}

/** Runs `make` on a module's tensors, which are on the device only for its duration. */
export async function onDevice(
  adapted: HostModule,
  make: (placed: ModuleTensors<tf.Tensor>) => HostTensor | Promise<HostTensor>,
): Promise<HostTensor> {
  const tensors = new Map<string, tf.Tensor>();
  for (const [part, tensor] of adapted.tensors) tensors.set(part, toTensor(tensor));
  try {
    return await make({ ...adapted, tensors });
  } finally {
    tf.dispose([...tensors.values()]);
  }
}

/** A weight as stored with the adapter in it; `inputsFirst` as the variant has it. */
export async function mergedWeight(
  variant: AdapterVariant,
  weight: HostTensor,
  adapted: ModuleTensors<tf.Tensor>,
  inputsFirst: boolean,
): Promise<HostTensor> {
  const merged = tf.tidy(() => variant.mergedWeight(toMatrix(weight), adapted, inputsFirst));
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
 * If the adapter changes one of a tied embedding and head, the head gets a tensor of its own (`untiedHeadKey`).
 *
 * @throws StudioError refused where a checkpoint has no place for what the adapter does: a bias that the base lacks, or a
 * change of one of two other modules that are stored as one tensor.
 */
export function mergedTensors(
  weights: Pick<TensorSource, 'read' | 'info'>,
  description: ModelDescription,
  state: AdapterState,
): Map<string, MergedTensor> {
  const { variant } = state;
  const tensors = new Map<string, MergedTensor>();
  const putWhole = (key: string, tensor: HostTensor) =>
    tensors.set(key, { shape: tensor.shape, make: async () => tensor });
  const putChanged = (
    key: string,
    change: (stored: HostTensor) => HostTensor | Promise<HostTensor>,
    written: string = key,
  ) => tensors.set(written, { shape: weights.info(key).shape, make: async () => change(await weights.read(key)) });
  /** The key of a module's merged weight; a head that was tied keeps its values under a key of its own. */
  const ownKey = (module: LinearModule): string => {
    const stored = `${module.checkpointKey}.weight`;
    if (!isShared(description.linears, module)) return stored;
    const headKey = untiedHeadKey(description);
    if (headKey === null) throw changesBoth(description.linears, module);
    if (!tensors.has(headKey)) putChanged(stored, (tensor) => tensor, headKey);
    return module.isHead ? headKey : stored;
  };
  for (const [name, tensor] of state.biases) putWhole(requireBiasVector(description, name).checkpointKey, tensor);
  for (const [name, own] of state.modules) {
    const module = requireLinear(description, name);
    const adapted = withShared(module, own, state);
    variant.checkTensors?.(module, adapted.tensors);
    const changesBias = variant.weights?.mergedBias?.changes(adapted) ?? false;
    if (changesBias && !module.hasBias)
      throw new StudioError(
        'refused',
        `The adapter has a bias on ${name} (lora_bias), but the base has none there: merged weights have no place for it.`,
        'Keep it as an adapter, or train it with lora_bias off.',
      );
    const [weightKey, biasKey] = [`${module.checkpointKey}.weight`, `${module.checkpointKey}.bias`];
    const inputsFirst = module.fanInFanOut || module.kind === 'embedding';
    putChanged(
      weightKey,
      (stored) => onDevice(adapted, (placed) => mergedWeight(variant, stored, placed, inputsFirst)),
      ownKey(module),
    );
    if (changesBias)
      putChanged(biasKey, (stored) => {
        const bias = state.biases.get(`${name}.bias`) ?? stored;
        return onDevice(adapted, (placed) => mergedBias(variant, bias, placed));
      });
  }
  for (const [name, tensor] of state.saved) {
    const isWeight = name.endsWith('.weight');
    const module = findLinear(description, name.slice(0, name.lastIndexOf('.')));
    if (!module) continue;
    const stored = isWeight && module.fanInFanOut ? transposed(tensor) : tensor;
    putWhole(isWeight ? ownKey(module) : `${module.checkpointKey}.bias`, stored);
  }
  for (const target of tokenTargets(state.config, description)) {
    const { module, ids, tiedHead } = target;
    const rows = state.saved.get(tokenRowsKey(module));
    if (rows === undefined) throw new Error(`the adapter has no rows of tokens for ${module.name}`);
    const stored = `${module.checkpointKey}.weight`;
    putChanged(stored, (table) => withTokenRows(table, ids, rows), tiedHead ? stored : ownKey(module));
  }
  return tensors;
}

/** The key of a tied head that is written by itself; null if the base has none, or one without a key of its own. */
export function untiedHeadKey({ kind, linears }: Pick<ModelDescription, 'kind' | 'linears'>): string | null {
  const head = linears.find((module) => module.isHead && isShared(linears, module));
  if (head === undefined || kind !== 'causal-lm') return null;
  // The checkpoint of a text tower, or without a prefix, has other names.
  const hasPlainNames = linears.some(
    ({ name, checkpointKey }) => name === checkpointKey && name === head.checkpointKey,
  );
  return hasPlainNames ? `${head.name}.weight` : null;
}

/** A head that is tied to the embedding is stored as the same tensor. */
function isShared(modules: readonly LinearModule[], module: LinearModule): boolean {
  return sharerOf(modules, module) !== undefined;
}

function sharerOf(modules: readonly LinearModule[], module: LinearModule): LinearModule | undefined {
  return modules.find((one) => one !== module && one.checkpointKey === module.checkpointKey);
}

function changesBoth(modules: readonly LinearModule[], module: LinearModule): StudioError {
  return new StudioError(
    'refused',
    `The adapter changes ${module.name}, which the base stores as one tensor with ${sharerOf(modules, module)?.name} (tied): merging would change both.`,
    'Keep it as an adapter, or train one that leaves the embedding and the head alone.',
  );
}
