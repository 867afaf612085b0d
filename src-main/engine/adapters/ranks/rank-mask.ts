import * as tf from '@tensorflow/tfjs-core';
import { type AdapterVariant, partOf } from '../variant/variant.ts';
import type { TrainedModule } from '../variant/variant-training.ts';

interface MaskedPart {
  readonly variable: tf.Variable;
  readonly full: tf.Tensor;
  /** Name of the tensor in the model. */
  readonly name: string;
}

/**
 * Switches ranks of adapters off, or rescales them, for one step: the slices of one factor (B of LoRA) are multiplied in the
 * forward and backward pass. At 0 the rank contributes nothing, and the other factor gets no gradient from it. Then the slices
 * get their values back.
 */
export class RankMask {
  private masked: MaskedPart[] = [];
  private mask: tf.Tensor | null = null;

  /** @param factors one a rank, 0 is off; all adapters have this rank. */
  apply({ ranks }: AdapterVariant, adapted: readonly TrainedModule[], factors: Float32Array): void {
    this.restore();
    const rankPart = ranks?.switchable;
    if (rankPart === undefined || factors.every((value) => value === 1)) return;
    const shape: [number, number] = rankPart.axis === 0 ? [factors.length, 1] : [1, factors.length];
    const factor = tf.tensor2d(factors, shape);
    this.mask = factor;
    this.masked = adapted.map((module) => {
      const variable = partOf(module, rankPart.part);
      const full = tf.clone(variable);
      tf.tidy(() => variable.assign(tf.mul(full, factor)));
      return { variable, full, name: module.trainedNames.get(rankPart.part) ?? '' };
    });
  }

  /** Multiplies the gradients of the ranks by their factors: those of the trained tensors, not of the multiplied ones. */
  maskGradients(gradients: Map<string, tf.Tensor>): void {
    const { mask } = this;
    if (mask === null) return;
    for (const { name } of this.masked) {
      const gradient = gradients.get(name);
      if (gradient === undefined) continue;
      gradients.set(name, tf.mul(gradient, mask));
      gradient.dispose();
    }
  }

  /** Gives the factors their values back. */
  restore(): void {
    for (const { variable, full } of this.masked) {
      variable.assign(full);
      full.dispose();
    }
    this.masked = [];
    this.mask?.dispose();
    this.mask = null;
  }
}
