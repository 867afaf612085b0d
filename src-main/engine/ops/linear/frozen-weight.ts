import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { asVariable, FrozenVector } from './frozen-vector.ts';

/** Null: in the precision of the weight. */
type AllowInt8 = ((weight: tf.Tensor2D) => void) | null;

export interface FrozenWeightOptions {
  readonly isTrained?: boolean;
  readonly isEncoded?: boolean;
  /** Tells the backend that it may multiply by the weight in 8-bit integers; a trained weight is not one of them. */
  readonly allowInt8?: AllowInt8;
}

/** The frozen weight of a linear layer, in the checkpoint's layout. Backends may repack it internally. */
export class FrozenWeight {
  /** [out, in]; of an embedding its table [in, out]. */
  readonly weight: tf.Tensor2D;
  /** Bias [out], if there is one. */
  readonly biasVector: FrozenVector | null;
  /** True if a backend may multiply by the weight in bfloat16, with sums in float32. */
  readonly bfloat16: boolean;
  /** True if the backend keeps the weight encoded like in its file, smaller than in float32. */
  readonly isEncoded: boolean;
  /** For weights that are made of this one. */
  readonly allowInt8: AllowInt8;
  private readonly squares = new Map<0 | 1, tf.Tensor1D>();

  /**
   * `weight` [out, in] or a table [in, out] (a tensor becomes this object's own), `bias` [out]; variables where the
   * model itself is trained.
   */
  constructor(
    weight: HostTensor | tf.Tensor2D,
    bias: HostTensor | null,
    bfloat16 = false,
    { isTrained = false, isEncoded = false, allowInt8 = null }: FrozenWeightOptions = {},
  ) {
    this.bfloat16 = bfloat16;
    this.isEncoded = isEncoded;
    const made = weight instanceof tf.Tensor ? weight : toMatrix(weight);
    this.weight = isTrained ? asVariable(made) : tf.keep(made);
    this.allowInt8 = isTrained ? null : allowInt8;
    this.allowInt8?.(this.weight);
    this.biasVector = bias === null ? null : new FrozenVector(bias.data, isTrained);
  }

  /** [out], or null. */
  get bias(): tf.Tensor1D | null {
    return this.biasVector?.tensor ?? null;
  }

  /** Sums of squares of the weight by output [out], computed once; `axis` is that of the inputs: 1, or 0 of a table. */
  squaresByOutput(axis: 0 | 1): tf.Tensor1D {
    const known = this.squares.get(axis);
    if (known) return known;
    const made = tf.keep(tf.tidy(() => tf.sum<tf.Tensor1D>(tf.square(this.weight), axis)));
    this.squares.set(axis, made);
    return made;
  }

  dispose(): void {
    this.weight.dispose();
    for (const squares of this.squares.values()) squares.dispose();
    this.squares.clear();
    this.biasVector?.dispose();
  }
}

/** A matrix on the device. */
export function toMatrix({ shape, data }: HostTensor): tf.Tensor2D {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined)
    throw new Error(`a linear's weight is a matrix, not [${shape.join(', ')}]`);
  return tf.tensor2d(data, [rows, columns], 'float32');
}
