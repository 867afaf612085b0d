import * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../../src-shared/random.ts';
import type { MaskSeed } from '../ops/linear/dropout-mask.ts';

/** A module met dropout twice in a pass, or not at all: how many seeds a pass takes is not known before it. */
export class UnevenDropout extends Error {}

/**
 * The seeds of one pass's dropout masks, drawn before it in the order in which the pass would draw them. Those of a layer are
 * always at the same places of the tensor, so that a recording of the layer finds them whatever is on below it.
 */
export class PassSeeds {
  /** int32; its owner disposes it. */
  readonly tensor: tf.Tensor1D;
  private readonly counts: readonly number[];
  private readonly width: number;
  private layer: number | null = null;
  private used = 0;

  /** @param counts masks of each layer, and of what follows the last; `width`: of a layer at most. */
  constructor(random: RandomStream, counts: readonly number[], width: number) {
    const seeds = new Int32Array(counts.length * width);
    counts.forEach((count, layer) => {
      for (let place = 0; place < count; place++) seeds[layer * width + place] = random.integer(2 ** 32);
    });
    this.tensor = tf.tensor1d(seeds, 'int32');
    this.counts = counts;
    this.width = width;
  }

  /** What follows is in this layer, from its first mask on. @throws UnevenDropout where the one before had another number. */
  enter(layer: number): void {
    this.check();
    this.layer = layer;
    this.used = 0;
  }

  /** As `enter`, of the last layer that was entered. */
  check(): void {
    if (this.layer !== null && this.used !== this.countOf(this.layer)) throw new UnevenDropout();
  }

  next(): MaskSeed {
    if (this.layer === null || this.used >= this.countOf(this.layer)) throw new UnevenDropout();
    return { seeds: this.tensor, place: this.layer * this.width + this.used++ };
  }

  private countOf(layer: number): number {
    return this.counts[layer] ?? 0;
  }
}
