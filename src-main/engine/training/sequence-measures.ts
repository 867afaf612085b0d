import * as tf from '@tensorflow/tfjs-core';
import type { SequenceLoss } from './micro-batch.ts';

/** Collects further measures of the sequences in a step's passes, besides the loss. */
export class SequenceMeasures {
  private readonly seen: { readonly loss: SequenceLoss; readonly likelihoods: tf.Tensor1D }[] = [];

  /** Keeps the log-likelihoods [segments] that a loss was computed from, until they are taken. */
  readonly observe = (loss: SequenceLoss, likelihoods: tf.Tensor1D): void => {
    this.seen.push({ loss, likelihoods: tf.keep(tf.clone(likelihoods)) });
  };

  /** Means over the step's examples, by metric; empty where no loss was of sequences. */
  async take(): Promise<Record<string, number>> {
    const sums = new Map<string, { sum: number; count: number }>();
    try {
      for (const { loss, likelihoods } of this.seen)
        for (const [name, { sum, count }] of Object.entries(loss.measures(await likelihoods.data<'float32'>()))) {
          const before = sums.get(name) ?? { sum: 0, count: 0 };
          sums.set(name, { sum: before.sum + sum, count: before.count + count });
        }
    } finally {
      this.dispose();
    }
    return Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count]));
  }

  dispose(): void {
    tf.dispose(this.seen.splice(0).map(({ likelihoods }) => likelihoods));
  }
}
