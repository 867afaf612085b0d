import * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../../../src-shared/random.ts';
import type { MaskSeed } from '../../ops/linear/dropout-mask.ts';
import type { UsesByLayer } from './adapter-groups.ts';

/** A module met dropout twice in a pass, or not at all: how many seeds a pass takes is not known before it. */
export class UnevenDropout extends Error {}

/**
 * The seeds of one pass's dropout masks, drawn before it in the order in which the pass would draw them. A layer's
 * seeds are always at the same indices of the tensor, and with `isByName` those of a module, so that a recording finds
 * them whatever else is on.
 */
export class PassSeeds {
  /** int32; its owner disposes it. */
  readonly tensor: tf.Tensor1D;
  /** For each layer, the modules that are on, and the indices of their seeds. */
  private readonly layers: readonly (readonly (readonly [name: string, place: number])[])[];
  private readonly isByName: boolean;
  private layer: number | null = null;
  private used = 0;

  /** @param isByName modules must then be met in the order of `uses`. */
  constructor(random: RandomStream, uses: UsesByLayer, isByName: boolean) {
    const width = Math.max(...uses.map(({ size }) => size));
    const seeds = new Int32Array(uses.length * width);
    this.layers = uses.map((modules, layer) => {
      const on = [...modules].flatMap(([name, use], place) => (use === '-' ? [] : [{ name, place }]));
      return on.map(({ name, place }, order) => [name, layer * width + (isByName ? place : order)] as const);
    });
    for (const [, place] of this.layers.flat()) seeds[place] = random.integer(2 ** 32);
    this.tensor = tf.tensor1d(seeds, 'int32');
    this.isByName = isByName;
  }

  /**
   * Enters a layer, from its first mask on. @throws UnevenDropout if the previous layer used another number of masks.
   */
  enter(layer: number): void {
    this.check();
    this.layer = layer;
    this.used = 0;
  }

  /** Performs the check of `enter` for the layer entered last. */
  check(): void {
    if (this.layer !== null && this.used !== this.layers[this.layer]?.length) throw new UnevenDropout();
  }

  next(module: string): MaskSeed {
    const [name, place] = this.layers[this.layer ?? -1]?.[this.used] ?? [];
    if (place === undefined || (this.isByName && name !== module)) throw new UnevenDropout();
    this.used++;
    return { seeds: this.tensor, place };
  }
}
