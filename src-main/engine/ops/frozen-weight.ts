import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../formats/host-tensor.ts';

/** The frozen weight of a linear, as checkpoints store it. A backend that lays weights out anew keeps that to itself. */
export class FrozenWeight {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [out], or null. */
  readonly bias: tf.Tensor1D | null;
  /** Whether a backend may multiply by it in bfloat16, with sums in float32. */
  readonly bfloat16: boolean;
  private readonly original: tf.Tensor2D;
  private replaced: tf.Tensor2D | null = null;

  /** `weight` [out, in], `bias` [out]. */
  constructor(weight: HostTensor, bias: HostTensor | null, bfloat16 = false) {
    const [outFeatures, inFeatures] = weight.shape;
    if (weight.shape.length !== 2 || outFeatures === undefined || inFeatures === undefined)
      throw new Error(`a linear's weight is a matrix, not [${weight.shape.join(', ')}]`);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.bfloat16 = bfloat16;
    this.original = tf.keep(tf.tensor2d(weight.data, [outFeatures, inFeatures], 'float32'));
    this.bias = bias === null ? null : tf.keep(tf.tensor1d(bias.data, 'float32'));
  }

  /** [out, in] */
  get weight(): tf.Tensor2D {
    return this.replaced ?? this.original;
  }

  /** Whether other values stand in for the original ones. */
  get isReplaced(): boolean {
    return this.replaced !== null;
  }

  /** Lets `values` [out, in] stand in for the weight, e.g. with an adapter merged into it. */
  replace(values: Float32Array): void {
    if (values.length !== this.inFeatures * this.outFeatures)
      throw new Error(`${values.length} values for a weight of ${this.outFeatures} × ${this.inFeatures}`);
    const next = tf.keep(tf.tensor2d(values, [this.outFeatures, this.inFeatures], 'float32'));
    this.restore();
    this.replaced = next;
  }

  /** Back to the original weight, bit for bit: it was never touched. */
  restore(): void {
    this.replaced?.dispose();
    this.replaced = null;
  }

  dispose(): void {
    this.restore();
    this.original.dispose();
    this.bias?.dispose();
  }
}
