import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../ops/autograd/operation.ts';
import { appendRows } from '../ops/indexing/append-rows.ts';

/** Keys and values of one layer [batch · tokens, width]. */
export interface KeysAndValues {
  readonly keys: tf.Tensor2D;
  readonly values: tf.Tensor2D;
  readonly batch: number;
}

/** State of a recurrent layer after the tokens so far, or what a layer computed of an encoder: matrices with equally many rows for each example, by name. */
export interface RecurrentState {
  readonly state: Readonly<Record<string, tf.Tensor2D>>;
  readonly batch: number;
}

/** Tensors of one layer for the tokens so far. */
export type LayerCache = KeysAndValues | RecurrentState;

export function layerCacheTensors(layer: LayerCache): tf.Tensor2D[] {
  return 'state' in layer ? Object.values(layer.state) : [layer.keys, layer.values];
}

/**
 * Keys and values of the tokens that a language model has read, or the states of its recurrent layers after them, layer by layer,
 * so that each token is computed once.
 */
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
  append(layer: number, keys: tf.Tensor2D, values: tf.Tensor2D, batch: number): KeysAndValues {
    this.part();
    const found = this.layers[layer];
    const before = found && 'keys' in found ? found : undefined;
    const grown = {
      keys: joined(before?.keys, keys, batch),
      values: joined(before?.values, values, batch),
      batch,
    };
    this.replace(layer, grown);
    return grown;
  }

  /** State of a recurrent layer, which the cache owns; null before the first tokens. */
  stateOf(layer: number): RecurrentState['state'] | null {
    this.part();
    const found = this.layers[layer];
    return found && 'state' in found ? found.state : null;
  }

  /** Keeps the state of a recurrent layer after the new tokens; the given tensors stay the caller's. */
  setState(layer: number, state: RecurrentState['state'], batch: number): void {
    this.part();
    this.replace(layer, cloned({ state, batch }));
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
    this.replace(layer, cloned(kept));
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
    const all = before ?? stacked(this.layers);
    if (all === null) return null;
    const more = Math.ceil((this.tokens + 1) / 2);
    this.room = tf.keep(
      tf.pad(all, [
        [0, 0],
        [0, 0],
        [0, 0],
        [0, more],
        [0, 0],
      ]),
    );
    all.dispose();
    this.disposeLayers();
    return this.room;
  }

  /** A copy in which each row is repeated `times` times, for several continuations of one prompt. */
  repeated(times: number): KeyValueCache {
    this.part();
    const copy = new KeyValueCache();
    copy.tokens = this.tokens;
    for (const [layer, cache] of this.layers.entries())
      copy.layers[layer] = mapped(cache, (tensor) => repeatedRows(tensor, cache.batch, times), cache.batch * times);
    return copy;
  }

  /** Bytes of all tensors. */
  get bytes(): number {
    const all = this.room === null ? this.layers.flatMap(layerCacheTensors) : [this.room];
    return all.reduce((sum, { size }) => sum + 4 * size, 0);
  }

  /** Keeps the rows of these numbers, in this order, without their first `skipped` tokens. */
  keep(rows: readonly number[], skipped: number): void {
    const { room, tokens } = this;
    this.tokens = tokens - skipped;
    if (room !== null) {
      this.room = keptRows(room, rows, skipped);
      room.dispose();
      return;
    }
    for (const [layer, cache] of this.layers.entries())
      this.replace(
        layer,
        mapped(cache, (tensor, isState) => keptPart(tensor, cache.batch, rows, isState ? 0 : skipped), rows.length),
      );
  }

  /**
   * Adds the rows of another cache behind these, and empties that cache. Zeros precede the tokens of the shorter rows.
   * @throws RangeError for a cache of other layers
   */
  join(other: KeyValueCache): void {
    if (this.tokens === 0) {
      this.adopt(other);
      return;
    }
    const total = Math.max(this.tokens, other.tokens);
    const [room, added] = this.room === null ? [null, null] : [this.room, other.withRoom()];
    if (room !== null && added !== null) {
      const aligned = (own: tf.Tensor5D, tokens: number) => alignedRoom(own, tokens, total);
      this.room = tf.tidy(() => tf.keep(tf.concat([aligned(room, this.tokens), aligned(added, other.tokens)], 2)));
      room.dispose();
    } else {
      this.part();
      other.part();
      if (this.layers.length !== other.layers.length) throw new RangeError('The caches are of different models.');
      for (const [layer, cache] of this.layers.entries())
        this.replace(layer, joinedLayers(cache, other.layers[layer], total));
    }
    this.tokens = total;
    other.dispose();
  }

  dispose(): void {
    this.disposeLayers();
    this.room?.dispose();
    this.room = null;
    this.tokens = 0;
  }

  private adopt(other: KeyValueCache): void {
    this.dispose();
    this.layers.push(...other.layers);
    this.room = other.room;
    this.tokens = other.tokens;
    other.layers.length = 0;
    other.room = null;
    other.dispose();
  }

  private disposeLayers(): void {
    for (const layer of this.layers) tf.dispose(layerCacheTensors(layer));
    this.layers.length = 0;
  }

  private replace(layer: number, next: LayerCache): void {
    const before = this.layers[layer];
    if (before) tf.dispose(layerCacheTensors(before));
    this.layers[layer] = next;
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

/**
 * Returns true if the cache of `past` tokens is void for texts of `total` tokens: beyond a length, LongRoPE rotates all keys
 * by other angles.
 */
export function outgrowsCache(
  { cacheLimit }: { readonly cacheLimit?: number | undefined },
  past: number,
  total: number,
): boolean {
  return cacheLimit !== undefined && past > 0 && past <= cacheLimit && total > cacheLimit;
}

/** [layers, 2, batch, tokens, width]; null where the layers differ in shape or have a state. */
function stacked(layers: readonly LayerCache[]): tf.Tensor5D | null {
  const [first] = layers;
  if (first === undefined || !('keys' in first) || layers.some((layer) => 'state' in layer)) return null;
  const { batch, keys } = first;
  const all = layers.flatMap(layerCacheTensors);
  if (all.some(({ shape }) => shape.join() !== keys.shape.join())) return null;
  const [rows, width] = keys.shape;
  return tf.tidy(() => tf.reshape<tf.Rank.R5>(tf.stack(all), [layers.length, 2, batch, rows / batch, width]));
}

function joined(before: tf.Tensor2D | undefined, added: tf.Tensor2D, batch: number): tf.Tensor2D {
  return tf.keep(before ? appendRows(before, added, batch) : tf.clone(added));
}

function cloned(layer: LayerCache): LayerCache {
  return mapped(layer, (tensor) => tf.keep(tf.clone(tensor)), layer.batch);
}

function mapped(
  layer: LayerCache,
  map: (tensor: tf.Tensor2D, isState: boolean) => tf.Tensor2D,
  batch: number,
): LayerCache {
  if (!('state' in layer)) return { keys: map(layer.keys, false), values: map(layer.values, false), batch };
  const parts = Object.entries(layer.state).map(([name, one]) => [name, map(one, true)]);
  return { state: Object.fromEntries(parts), batch };
}

/** The rows of a layer's tensor [batch · tokens, width], by their numbers, without their first tokens. */
function keptPart(tensor: tf.Tensor2D, batch: number, rows: readonly number[], skipped: number): tf.Tensor2D {
  return tf.tidy(() => {
    const width = tensor.shape[1];
    const chosen = tf.gather(tf.reshape(tensor, [batch, -1]), tf.tensor1d([...rows], 'int32'));
    const parts = withoutFirst(tf.reshape<tf.Rank.R3>(chosen, [rows.length, -1, width]), skipped);
    return tf.keep(as2D(tf.reshape(parts, [-1, width])));
  });
}

/** The rows of a room by their numbers, without their first tokens. */
function keptRows(room: tf.Tensor5D, rows: readonly number[], skipped: number): tf.Tensor5D {
  const [layers, pair, batch, capacity, width] = room.shape;
  return tf.tidy(() => {
    // One gather of all layers: along another axis it would copy three times.
    const numbers = Array.from({ length: layers * pair }, (_, part) => rows.map((row) => part * batch + row)).flat();
    const chosen = tf.gather(tf.reshape(room, [-1, capacity * width]), tf.tensor1d(numbers, 'int32'));
    const parts = withoutFirst(tf.reshape<tf.Rank.R3>(chosen, [-1, capacity, width]), skipped);
    return tf.keep(tf.reshape<tf.Rank.R5>(parts, [layers, pair, rows.length, -1, width]));
  });
}

function withoutFirst(parts: tf.Tensor3D, skipped: number): tf.Tensor3D {
  const [count, tokens, width] = parts.shape;
  return skipped === 0 ? parts : tf.slice(parts, [0, skipped, 0], [count, tokens - skipped, width]);
}

/** The tokens of a room behind zeros, `total` tokens in all, without room behind them. */
function alignedRoom(room: tf.Tensor5D, tokens: number, total: number): tf.Tensor5D {
  const [layers, pair, batch, capacity, width] = room.shape;
  return tf.tidy(() => {
    const parts = tf.reshape<tf.Rank.R3>(room, [-1, capacity, width]);
    return tf.reshape<tf.Rank.R5>(aligned(parts, tokens, total), [layers, pair, batch, total, width]);
  });
}

/** The first `tokens` of each part behind zeros, `total` in all. */
function aligned(parts: tf.Tensor3D, tokens: number, total: number): tf.Tensor3D {
  const [count, , width] = parts.shape;
  const own = tf.slice(parts, [0, 0, 0], [count, tokens, width]);
  return tokens === total
    ? own
    : tf.pad(own, [
        [0, 0],
        [total - tokens, 0],
        [0, 0],
      ]);
}

/** The rows of a layer, then those of another cache's, of `total` tokens each. @throws RangeError for another kind of layer */
function joinedLayers(layer: LayerCache, other: LayerCache | undefined, total: number): LayerCache {
  const ofOther = other === undefined ? [] : layerCacheTensors(other);
  if (
    other === undefined ||
    'state' in layer !== 'state' in other ||
    ofOther.length !== layerCacheTensors(layer).length
  )
    throw new RangeError('The caches are of different models.');
  const batch = layer.batch + other.batch;
  const queue = [...ofOther];
  return mapped(
    layer,
    (tensor, isState) => {
      const added = queue.shift() ?? tensor;
      return tf.tidy(() => {
        const parts = [[tensor, layer.batch] as const, [added, other.batch] as const].map(([own, count]) => {
          const three = tf.reshape<tf.Rank.R3>(own, [count, -1, own.shape[1]]);
          return isState ? three : aligned(three, three.shape[1], total);
        });
        return tf.keep(as2D(tf.reshape(tf.concat(parts, 0), [-1, tensor.shape[1]])));
      });
    },
    batch,
  );
}

function repeatedRows(tensor: tf.Tensor2D, batch: number, times: number): tf.Tensor2D {
  const [rows, width] = tensor.shape;
  return tf.tidy(() => {
    const repeated = tf.tile(tf.reshape(tensor, [batch, 1, (rows / batch) * width]), [1, times, 1]);
    return tf.keep(as2D(tf.reshape(repeated, [rows * times, width])));
  });
}
