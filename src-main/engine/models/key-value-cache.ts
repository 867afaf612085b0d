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
  /** In place of `layers`: the keys and values of all of them [layers, 2, batch, capacity, width]. */
  private room: tf.Tensor5D | null = null;
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
    this.part();
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
    this.part();
    const found = this.layers[layer];
    return found ? cloned(found) : null;
  }

  /** Gives a layer what it would have after `append` of the new tokens, as `takeLayer` took it; `kept` stays the caller's. */
  giveLayer(layer: number, kept: LayerCache): void {
    this.part();
    const before = this.layers[layer];
    if (before) tf.dispose([before.keys, before.values]);
    this.layers[layer] = cloned(kept);
  }

  /** Must be called once all layers have added the new tokens. */
  advance(tokens: number): void {
    this.tokens += tokens;
  }

  /**
   * The keys and values of all layers in one tensor [layers, 2, batch, capacity, width] with room for another token of each row,
   * which the cache owns; who writes that token calls `advance`. Null where the layers are not alike.
   */
  withRoom(): tf.Tensor5D | null {
    const before = this.room;
    if (before !== null && before.shape[3] > this.tokens) return before;
    const joinedLayers = before ?? stacked(this.layers);
    if (joinedLayers === null) return null;
    const more = Math.ceil((this.tokens + 1) / 2);
    this.room = tf.keep(
      tf.pad(joinedLayers, [
        [0, 0],
        [0, 0],
        [0, 0],
        [0, more],
        [0, 0],
      ]),
    );
    joinedLayers.dispose();
    this.disposeLayers();
    return this.room;
  }

  /** A copy in which each row is repeated `times` times, for several continuations of one prompt. */
  repeated(times: number): KeyValueCache {
    this.part();
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
    this.disposeLayers();
    this.room?.dispose();
    this.room = null;
    this.tokens = 0;
  }

  private disposeLayers(): void {
    for (const { keys, values } of this.layers) tf.dispose([keys, values]);
    this.layers.length = 0;
  }

  /** Layer by layer again. */
  private part(): void {
    const { room } = this;
    if (room === null) return;
    const [layers, , batch, , width] = room.shape;
    for (let layer = 0; layer < layers; layer++) {
      const part = (index: 0 | 1) =>
        tf.tidy(() => {
          const own = tf.slice(room, [layer, index, 0, 0, 0], [1, 1, batch, this.tokens, width]);
          return tf.keep(as2D(tf.reshape(own, [batch * this.tokens, width])));
        });
      this.layers[layer] = { keys: part(0), values: part(1), batch };
    }
    room.dispose();
    this.room = null;
  }
}

/** [layers, 2, batch, tokens, width]; null where the layers differ in shape. */
function stacked(layers: readonly LayerCache[]): tf.Tensor5D | null {
  const [first] = layers;
  if (first === undefined) return null;
  const { batch, keys } = first;
  const all = layers.flatMap((layer) => [layer.keys, layer.values]);
  if (all.some(({ shape }) => shape.join() !== keys.shape.join())) return null;
  const [rows, width] = keys.shape;
  return tf.tidy(() => tf.reshape<tf.Rank.R5>(tf.stack(all), [layers.length, 2, batch, rows / batch, width]));
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
