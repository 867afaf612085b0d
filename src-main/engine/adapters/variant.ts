import type * as tf from '@tensorflow/tfjs-core';
import type { AdapterConfig } from '../../../src-shared/domain/adapter.ts';
import type { LinearModule } from '../../../src-shared/domain/model.ts';
import type { Declaration } from '../../../src-shared/domain/parameter.ts';
import type { RandomStream } from '../../../src-shared/random.ts';
import type { FrozenWeight } from '../ops/linear/frozen-weight.ts';
import type { LoraLinearOptions } from '../ops/linear/lora-linear.ts';
import type { MergedFactors } from '../ops/linear/merged-weight.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';

/** The factors of one adapted linear on the device. */
export interface DeviceFactors {
  /** [rank, inFeatures] */
  readonly a: tf.Variable<tf.Rank.R2>;
  /** [outFeatures, rank] */
  readonly b: tf.Variable<tf.Rank.R2>;
  readonly scaling: number;
  /** [outFeatures], of a variant that trains them. */
  readonly magnitude: tf.Variable<tf.Rank.R1> | null;
}

/** The magnitudes of a variant that has them. */
export function magnitudeOf({ magnitude }: DeviceFactors): tf.Variable<tf.Rank.R1> {
  if (magnitude === null) throw new Error('a module of a variant with magnitudes has none');
  return magnitude;
}

/**
 * One kind of adapter. The adapted model, PEFT's folders and merging into the base ask nothing else, so a further kind is
 * one file and one line of the list.
 */
export interface AdapterVariant {
  readonly declaration: Declaration;
  /** The keys of adapter_config.json that say it is this kind. */
  readonly peftKeys: Readonly<Pick<AdapterConfig, 'peft_type' | 'use_rslora' | 'use_dora'>>;
  /** The factor in front of B·A. */
  scaling(loraAlpha: number, rank: number): number;
  /** The lora_alpha that gives this scaling: the inverse of `scaling`. */
  loraAlpha(scaling: number, rank: number): number;
  /** Fresh factors that leave the base's function as it is; draws from `random`. */
  initialize(
    module: LinearModule,
    rank: number,
    method: 'kaiming' | 'gaussian',
    random: RandomStream,
  ): { a: HostTensor; b: HostTensor };
  /**
   * Of a variant that trains a magnitude for each output: how they start on a weight [outFeatures, inFeatures]. Its forward pass
   * keeps the product that they scale, [rows, outFeatures]; B·A alone is not its change of the weight.
   */
  readonly magnitude?: { initialize(weight: HostTensor): HostTensor };
  /**
   * The adapted linear: x [rows, inFeatures] → [rows, outFeatures], with gradients for x, the factors and the residual. The dropout
   * mask among the options multiplies the adapter's input only.
   */
  forward(x: tf.Tensor2D, frozen: FrozenWeight, factors: DeviceFactors, options: LoraLinearOptions): tf.Tensor2D;
  /** The adapted embedding: ids [rows] int32 → [rows, outFeatures], with gradients for the factors. `frozen` holds its table. */
  embedding(ids: tf.Tensor1D, frozen: FrozenWeight, factors: DeviceFactors): tf.Tensor2D;
  /**
   * The weight that alone does what the base's `weight` and the adapter do together, on the device: [outFeatures, inFeatures], or
   * both with `inputsFirst` the other way round (an embedding's table, a Conv1D as stored). The caller disposes it.
   */
  mergedWeight(weight: tf.Tensor2D, factors: MergedFactors, inputsFirst: boolean): tf.Tensor2D;
}
