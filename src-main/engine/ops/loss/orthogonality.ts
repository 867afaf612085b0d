import * as tf from '@tensorflow/tfjs-core';
import { as2D, defineOperation, input, only2D, onlyScalar } from '../autograd/operation.ts';
import { matmul } from '../linear/matmul.ts';

const gradient = defineOperation({
  name: 'CotoOrthogonalityGradient',
  compose: (inputs) => {
    const x = as2D(input(inputs, 'x'));
    const distances = distancesOf(x);
    // For orthonormal rows, PyTorch's gradient of the norm is 0.
    const scale = tf.div(tf.mul(input(inputs, 'dy'), 2), tf.maximum(normOf(distances), 1e-30));
    return tf.mul(matmul(distances, x), scale);
  },
});

const operation = defineOperation({
  name: 'CotoOrthogonality',
  compose: (inputs) => normOf(distancesOf(as2D(input(inputs, 'x')))),
  saved: { inputs: ['x'] },
  gradients: (dy, saved) => ({ x: () => only2D(gradient({ x: input(saved, 'x'), dy })) }),
});

/** Computes the distance of the rows of x [rows, columns] from orthonormal ones: ‖x·xᵀ − I‖, Frobenius; a scalar. */
export function orthogonality(x: tf.Tensor): tf.Scalar {
  return onlyScalar(operation({ x }));
}

function distancesOf(x: tf.Tensor2D): tf.Tensor2D {
  return tf.sub(matmul(x, x, { transposeB: true }), tf.eye(x.shape[0]));
}

function normOf(matrix: tf.Tensor2D): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(matrix)));
}
