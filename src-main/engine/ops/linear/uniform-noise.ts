import * as tf from '@tensorflow/tfjs-core';
import { hash } from './dropout-mask.ts';

/**
 * Noise [rows, columns], uniform in [−bound, bound). An entry is its index times a constant, and the seed, hashed as the masks of dropout:
 * the same on every backend. @param seed 32 bits
 */
export function uniformNoise([rows, columns]: readonly [number, number], bound: number, seed: number): tf.Tensor2D {
  const values = new Float32Array(rows * columns);
  for (let index = 0; index < values.length; index++)
    values[index] = bound * (hash(Math.imul(index, 0x9e3779b9) ^ seed) * 2 ** -31 - 1);
  return tf.tensor2d(values, [rows, columns]);
}
