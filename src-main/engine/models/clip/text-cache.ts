import * as tf from '@tensorflow/tfjs-core';

/**
 * The states of the last texts that a plain text tower was given: a batch has other images, but the same classes. Whoever
 * asks for them gets copies of the handle, not of the values.
 */
export class TextCache {
  private kept: { readonly ids: Int32Array; readonly states: tf.Tensor2D } | null = null;

  /** @param run computes the states of these tokens [texts, hiddenSize]; called only where they are not those of the last call. */
  statesOf(ids: ArrayLike<number>, run: () => tf.Tensor2D): tf.Tensor2D {
    if (!this.has(ids)) this.keep(ids, tf.tidy(run));
    if (this.kept === null) throw new Error('the states of the texts were not kept');
    return tf.clone(this.kept.states);
  }

  has(ids: ArrayLike<number>): boolean {
    const { kept } = this;
    return kept?.ids.length === ids.length && kept.ids.every((id, index) => id === ids[index]);
  }

  /** Takes the states of these tokens, which are disposed with it. */
  keep(ids: ArrayLike<number>, states: tf.Tensor2D): void {
    this.dispose();
    this.kept = { ids: Int32Array.from(ids), states: tf.keep(states) };
  }

  dispose(): void {
    this.kept?.states.dispose();
    this.kept = null;
  }
}
