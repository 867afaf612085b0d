import * as tf from '@tensorflow/tfjs-core';
import { smallestSquare } from '../../compute/kernel-inputs.ts';
import { attribute, defineOperation, givenInputs, input, only2D } from '../autograd/operation.ts';
import { matmul } from './matmul.ts';

const operation = defineOperation({
  name: 'CotoMergedWeight',
  compose: (inputs, attributes) => {
    const [weight, a, b] = [input(inputs, 'weight'), input(inputs, 'a'), input(inputs, 'b')];
    const scale = attribute(attributes, 'scaling');
    const inputsFirst = attribute(attributes, 'inputsFirst') !== 0;
    const sum = inputsFirst
      ? matmul(a, b, { transposeA: true, transposeB: true, scale, addend: weight })
      : matmul(b, a, { scale, addend: weight });
    const { magnitude } = inputs;
    if (magnitude === undefined) return sum;
    const squares = tf.sum(tf.square(sum), inputsFirst ? 0 : 1);
    const gain = tf.mul(magnitude, tf.rsqrt(tf.maximum(squares, smallestSquare)));
    return tf.mul(sum, inputsFirst ? gain : tf.expandDims(gain, 1));
  },
});

/** The tensors merged into a weight: A [r, in], B [out, r], and DoRA's magnitudes [out]. */
export interface MergedFactors {
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly scaling: number;
  readonly magnitude?: tf.Tensor | null;
}

/**
 * W + s·B·A, with magnitudes m · (W + s·B·A) / ‖W + s·B·A‖ by output: the weight that replaces base and adapter together. A
 * row of zeros stays 0. Has no gradient.
 * @param weight [out, in], or with `inputsFirst` [in, out]: an embedding's table, a Conv1D as stored. The result has its
 * layout.
 */
export function mergedWeight(weight: tf.Tensor, factors: MergedFactors, inputsFirst: boolean): tf.Tensor2D {
  const { a, b, scaling, magnitude } = factors;
  return only2D(operation(givenInputs({ weight, a, b, magnitude }), { scaling, inputsFirst: Number(inputsFirst) }));
}
