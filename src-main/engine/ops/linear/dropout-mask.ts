import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

/** One of several seeds in a tensor: int32, of which the bits count. */
export interface MaskSeed {
  readonly seeds: tf.Tensor;
  readonly place: number;
}

const operation = defineOperation({
  name: 'CotoDropoutMask',
  compose: (inputs, attributes) => {
    const seed = input(inputs, 'seeds').dataSync()[attribute(attributes, 'place')] ?? 0;
    const [threshold, kept] = [attribute(attributes, 'threshold'), attribute(attributes, 'kept')];
    const shape: [number, number] = [attribute(attributes, 'rows'), attribute(attributes, 'columns')];
    const values = new Float32Array(shape[0] * shape[1]);
    for (let index = 0; index < values.length; index++)
      if (hash(Math.imul(index, 0x9e3779b9) ^ seed) >= threshold) values[index] = kept;
    return tf.tensor2d(values, shape);
  },
});

/**
 * A mask of inverted dropout, of one seed: 0 with `probability`, else 1 / (1 − probability). An entry is its place times a
 * constant, and the seed, hashed by the finalizer of MurmurHash3, 32 bits: the same on every backend.
 */
export function dropoutMask([rows, columns]: [number, number], probability: number, seed: MaskSeed): tf.Tensor2D {
  const threshold = Math.min(Math.ceil(probability * 2 ** 32), 2 ** 32 - 1);
  const attributes = { place: seed.place, threshold, kept: 1 / (1 - probability), rows, columns };
  return only2D(operation({ seeds: seed.seeds }, attributes));
}

/** Uniform in [0, 2³²): the finalizer of MurmurHash3. */
export function hash(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
