import * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../../src-shared/random.ts';

/**
 * A mask of inverted dropout: 0 with `probability`, else 1 / (1 − probability). One draw of `random` seeds the whole mask
 * (a counter hashed by the finalizer of MurmurHash3, 32 bits an entry), so the stream's state says what comes next and a mask
 * of a million entries costs milliseconds.
 */
export function dropoutMask(shape: [number, number], probability: number, random: RandomStream): tf.Tensor2D {
  const seed = random.integer(2 ** 32);
  const threshold = probability * 2 ** 32;
  const kept = 1 / (1 - probability);
  const values = new Float32Array(shape[0] * shape[1]);
  for (let index = 0; index < values.length; index++)
    if (hash(Math.imul(index, 0x9e3779b9) ^ seed) >= threshold) values[index] = kept;
  return tf.tensor2d(values, shape);
}

/** Uniform in [0, 2³²). */
function hash(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
