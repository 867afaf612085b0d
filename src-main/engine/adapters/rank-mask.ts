import * as tf from '@tensorflow/tfjs-core';
import { type AdapterVariant, partOf } from './variant.ts';
import type { TrainedModule } from './variant-training.ts';

interface MaskedPart {
  readonly variable: tf.Variable;
  readonly full: tf.Tensor;
  /** Name of the tensor in the model. */
  readonly name: string;
}

/**
 * Switches ranks of adapters off for one step: the slices of one factor (B of LoRA) are zero in the forward and backward pass,
 * so that the rank contributes nothing and the other factor gets no gradient from it; then they get their values back.
 */
export class RankMask {
  private masked: MaskedPart[] = [];
  private mask: tf.Tensor | null = null;

  /** @param mask one byte a rank, 1 is on; all adapters have this rank. */
  apply({ ranks }: AdapterVariant, adapted: readonly TrainedModule[], mask: Uint8Array): void {
    this.restore();
    const rankPart = ranks?.switchable;
    if (rankPart === undefined || !mask.includes(0)) return;
    const shape: [number, number] = rankPart.axis === 0 ? [mask.length, 1] : [1, mask.length];
    const factor = tf.tensor2d(Float32Array.from(mask), shape);
    this.mask = factor;
    this.masked = adapted.map((module) => {
      const variable = partOf(module, rankPart.part);
      const full = tf.clone(variable);
      tf.tidy(() => variable.assign(tf.mul(full, factor)));
      return { variable, full, name: module.trainedNames.get(rankPart.part) ?? '' };
    });
  }

  /** Zeroes the gradients of the ranks that are off. */
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
