import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { KeyValueCache, layerCacheTensors } from '../../../src-main/engine/models/key-value-cache.ts';

let before = 0;
beforeAll(() => activateCompute('wasm'));
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

/** A layer with keys and a recurrent layer with two matrices: one row and two rows for each of two examples. */
function filled(): KeyValueCache {
  const cache = new KeyValueCache();
  tf.tidy(() => {
    const rows = tf.tensor2d([1, 2], [2, 1]);
    cache.append(0, rows, tf.neg(rows), 2);
    cache.setState(1, { last: tf.tensor2d([3, 4], [2, 1]), memory: tf.tensor2d([5, 6, 7, 8], [4, 1]) }, 2);
  });
  cache.advance(1);
  return cache;
}

function values(cache: KeyValueCache, name: string): number[] {
  return Array.from(cache.stateOf(1)?.[name]?.dataSync() ?? []);
}

it('replaces the state of a recurrent layer and keeps the keys of the others', () => {
  const cache = filled();
  tf.tidy(() => cache.setState(1, { last: tf.tensor2d([9, 10], [2, 1]) }, 2));
  expect(values(cache, 'last')).toEqual([9, 10]);
  expect(values(cache, 'memory')).toEqual([]);
  expect(cache.stateOf(0)).toBeNull();
  expect(cache.stateOf(2)).toBeNull();
  cache.dispose();
});

it('repeats the rows of each example of a state', () => {
  const cache = filled();
  const twice = cache.repeated(2);
  expect(values(twice, 'last')).toEqual([3, 3, 4, 4]);
  expect(values(twice, 'memory')).toEqual([5, 6, 5, 6, 7, 8, 7, 8]);
  cache.dispose();
  twice.dispose();
});

it('hands its layers to another cache', () => {
  const cache = filled();
  const other = new KeyValueCache();
  for (const layer of [0, 1]) {
    const taken = cache.takeLayer(layer);
    if (taken === null) throw new Error('the layer is empty');
    other.giveLayer(layer, taken);
    tf.dispose(layerCacheTensors(taken));
  }
  cache.dispose();
  expect(values(other, 'memory')).toEqual([5, 6, 7, 8]);
  expect(other.stateOf(0)).toBeNull();
  other.dispose();
});

it('makes no room for further tokens of all layers at once where one has a state', () => {
  const cache = filled();
  expect(cache.withRoom()).toBeNull();
  expect(values(cache, 'last')).toEqual([3, 4]);
  cache.dispose();
});

/** A cache of two examples with keys of these numbers, one list for each token. */
function keyed(tokens: readonly (readonly number[])[]): KeyValueCache {
  const cache = new KeyValueCache();
  for (const rows of tokens)
    tf.tidy(() => {
      const keys = tf.tensor2d([...rows], [rows.length, 1]);
      cache.append(0, keys, tf.neg(keys), rows.length);
      cache.advance(1);
    });
  return cache;
}

function keys(cache: KeyValueCache): number[] {
  const layer = cache.takeLayer(0);
  if (layer === null || !('keys' in layer)) throw new Error('the layer has no keys');
  const values = Array.from(layer.keys.dataSync());
  expect(Array.from(layer.values.dataSync())).toEqual(values.map((value) => 0 - value));
  tf.dispose(layerCacheTensors(layer));
  return values;
}

it.each(['layer by layer', 'in one tensor'])('joins rows of other lengths behind zeros, and keeps some: %s', (how) => {
  const prepare = (cache: KeyValueCache) => {
    if (how === 'in one tensor') expect(cache.withRoom()).not.toBeNull();
    return cache;
  };
  const cache = prepare(
    keyed([
      [1, 2],
      [3, 4],
    ]),
  );
  cache.join(prepare(keyed([[5], [6], [7]])));
  expect(cache.length).toBe(3);
  expect(keys(cache)).toEqual([0, 1, 3, 0, 2, 4, 5, 6, 7]);
  prepare(cache);
  cache.join(keyed([[8]]));
  expect(keys(cache)).toEqual([0, 1, 3, 0, 2, 4, 5, 6, 7, 0, 0, 8]);
  prepare(cache).keep([3, 1], 1);
  expect(cache.length).toBe(2);
  expect(keys(cache)).toEqual([0, 8, 2, 4]);
  cache.dispose();
});

it('joins the states of recurrent layers, and keeps some', () => {
  const cache = filled();
  cache.join(filled());
  expect(values(cache, 'last')).toEqual([3, 4, 3, 4]);
  cache.keep([1, 2], 0);
  expect(values(cache, 'last')).toEqual([4, 3]);
  expect(values(cache, 'memory')).toEqual([7, 8, 5, 6]);
  expect(keys(cache)).toEqual([2, 1]);
  cache.dispose();
});

it('takes over the rows that join an empty cache, and refuses those of another model', () => {
  const cache = new KeyValueCache();
  const other = filled();
  cache.join(other);
  expect([cache.length, other.length]).toEqual([1, 0]);
  const foreign = keyed([[1]]);
  expect(() => cache.join(foreign)).toThrow('different models');
  cache.dispose();
  foreign.dispose();
});
