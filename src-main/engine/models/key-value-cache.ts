import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../ops/autograd/operation.ts';

/** Keys and values of one layer [batch, tokens, width]. */
export interface LayerCache {
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
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
  append(
    layer: number,
    keys: tf.Tensor2D,
    values: tf.Tensor2D,
    batch: number,
  ): { keys: tf.Tensor2D; values: tf.Tensor2D } {
    const before = this.layers[layer];
    const grown = {
      keys: joined(before?.keys, keys, batch),
      values: joined(before?.values, values, batch),
    };
    if (before) tf.dispose([before.keys, before.values]);
    this.layers[layer] = grown;
    return { keys: flat(grown.keys), values: flat(grown.values) };
  }

  /** Clones of what a layer has, of which the caller disposes; null where it has nothing yet. */
  takeLayer(layer: number): LayerCache | null {
    const { keys, values } = this.layers[layer] ?? {};
    return keys && values ? { keys: tf.keep(tf.clone(keys)), values: tf.keep(tf.clone(values)) } : null;
  }

  /** Gives a layer what it would have after `append` of the new tokens, as `takeLayer` took it; `kept` stays the caller's. */
  giveLayer(layer: number, kept: LayerCache): void {
    const before = this.layers[layer];
    if (before) tf.dispose([before.keys, before.values]);
    this.layers[layer] = { keys: tf.keep(tf.clone(kept.keys)), values: tf.keep(tf.clone(kept.values)) };
  }

  /** Must be called once all layers have added the new tokens. */
  advance(tokens: number): void {
    this.tokens += tokens;
  }

  /** A copy in which each row is repeated `times` times, for several continuations of one prompt. */
  repeated(times: number): KeyValueCache {
    const copy = new KeyValueCache();
    copy.tokens = this.tokens;
    for (const [layer, { keys, values }] of this.layers.entries())
      copy.layers[layer] = { keys: repeatedRows(keys, times), values: repeatedRows(values, times) };
    return copy;
  }

  dispose(): void {
    for (const { keys, values } of this.layers) tf.dispose([keys, values]);
    this.layers.length = 0;
    this.tokens = 0;
  }
}

function joined(before: tf.Tensor3D | undefined, added: tf.Tensor2D, batch: number): tf.Tensor3D {
  return tf.tidy(() => {
    const [rows, width] = added.shape;
    const parted = tf.reshape<tf.Rank.R3>(added, [batch, rows / batch, width]);
    return tf.keep(before ? tf.concat3d([before, parted], 1) : tf.clone(parted));
  });
}

function flat(tensor: tf.Tensor3D): tf.Tensor2D {
  const [batch, tokens, width] = tensor.shape;
  return as2D(tf.reshape(tensor, [batch * tokens, width]));
}

function repeatedRows(tensor: tf.Tensor3D, times: number): tf.Tensor3D {
  const [batch, tokens, width] = tensor.shape;
  return tf.tidy(() =>
    tf.keep(
      tf.reshape<tf.Rank.R3>(tf.tile(tf.reshape(tensor, [batch, 1, tokens * width]), [1, times, 1]), [
        batch * times,
        tokens,
        width,
      ]),
    ),
  );
}
