import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../ops/autograd/operation.ts';
import { appendRows } from '../ops/indexing/append-rows.ts';

/** Keys and values of one layer [batch · tokens, width]. */
export interface LayerCache {
  readonly keys: tf.Tensor2D;
  readonly values: tf.Tensor2D;
  readonly batch: number;
}

/** Keys and values of the tokens that a language model has read, layer by layer, so that each is computed once. */
export class KeyValueCache {
  private readonly layers: LayerCache[] = [];
  private tokens = 0;

  /** Number of tokens of each row so far. */
  get length(): number {
    return this.tokens;
  }

  /**
   * Adds new keys and values [batch · new, width] of a layer and returns those of all tokens so far, [batch · (length +
   * new), width], which the cache owns.
   */
  append(layer: number, keys: tf.Tensor2D, values: tf.Tensor2D, batch: number): LayerCache {
    const before = this.layers[layer];
    const grown = {
      keys: joined(before?.keys, keys, batch),
      values: joined(before?.values, values, batch),
      batch,
    };
    if (before) tf.dispose([before.keys, before.values]);
    this.layers[layer] = grown;
    return grown;
  }

  /** Clones of what a layer has, of which the caller disposes; null where it has nothing yet. */
  takeLayer(layer: number): LayerCache | null {
    const found = this.layers[layer];
    return found ? cloned(found) : null;
  }

  /** Gives a layer what it would have after `append` of the new tokens, as `takeLayer` took it; `kept` stays the caller's. */
  giveLayer(layer: number, kept: LayerCache): void {
    const before = this.layers[layer];
    if (before) tf.dispose([before.keys, before.values]);
    this.layers[layer] = cloned(kept);
  }

  /** Must be called once all layers have added the new tokens. */
  advance(tokens: number): void {
    this.tokens += tokens;
  }

  /** A copy in which each row is repeated `times` times, for several continuations of one prompt. */
  repeated(times: number): KeyValueCache {
    const copy = new KeyValueCache();
    copy.tokens = this.tokens;
    for (const [layer, { keys, values, batch }] of this.layers.entries())
      copy.layers[layer] = {
        keys: repeatedRows(keys, batch, times),
        values: repeatedRows(values, batch, times),
        batch: batch * times,
      };
    return copy;
  }

  dispose(): void {
    for (const { keys, values } of this.layers) tf.dispose([keys, values]);
    this.layers.length = 0;
    this.tokens = 0;
  }
}

function joined(before: tf.Tensor2D | undefined, added: tf.Tensor2D, batch: number): tf.Tensor2D {
  return tf.keep(before ? appendRows(before, added, batch) : tf.clone(added));
}

function cloned({ keys, values, batch }: LayerCache): LayerCache {
  return { keys: tf.keep(tf.clone(keys)), values: tf.keep(tf.clone(values)), batch };
}

function repeatedRows(tensor: tf.Tensor2D, batch: number, times: number): tf.Tensor2D {
  const [rows, width] = tensor.shape;
  return tf.tidy(() => {
    const repeated = tf.tile(tf.reshape(tensor, [batch, 1, (rows / batch) * width]), [1, times, 1]);
    return tf.keep(as2D(tf.reshape(repeated, [rows * times, width])));
  });
}
