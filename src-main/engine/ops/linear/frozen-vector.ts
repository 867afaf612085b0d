import * as tf from '@tensorflow/tfjs-core';

/** A variable in place of the tensor, which is disposed. */
export function asVariable<Kind extends tf.Rank>(tensor: tf.Tensor<Kind>): tf.Variable<Kind> {
  const variable = tf.variable(tensor);
  tensor.dispose();
  return variable;
}

/** A frozen bias or shift of a base model, which can be replaced temporarily. */
export class FrozenVector {
  private readonly original: tf.Tensor1D;
  private standIn: tf.Tensor1D | null = null;

  constructor(values: ArrayLike<number>, isTrained = false) {
    const made = tf.tensor1d(Float32Array.from(values), 'float32');
    this.original = isTrained ? asVariable(made) : tf.keep(made);
  }

  get size(): number {
    return this.original.size;
  }

  get tensor(): tf.Tensor1D {
    return this.standIn ?? this.original;
  }

  /** Replaces the frozen values by `standIn`, which stays the caller's; null restores them. */
  replace(standIn: tf.Tensor1D | null): void {
    this.standIn = standIn;
  }

  dispose(): void {
    this.original.dispose();
  }
}
