import * as tf from '@tensorflow/tfjs-core';
import { defineOperation, givenInputs, input, multiply, type OperationInputs, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoRotateBlocks',
  compose: (inputs) => rotated(input(inputs, 'x'), masked(inputs), false),
  saved: { inputs: ['x', 'rotation', 'mask', 'derivative'], states: ['x', 'derivative'] },
  gradients: (dy, saved) => ({
    x: () => {
      const back = rotated(dy, masked(saved), true);
      const { derivative } = saved;
      return derivative === undefined ? back : tf.mul(back, derivative);
    },
    rotation: () => {
      const { rotation, mask } = { rotation: input(saved, 'rotation'), mask: saved['mask'] };
      const { shape } = rotation;
      const [x, d] = [byBlock(input(saved, 'x'), shape), byBlock(dy, shape)];
      const product = multiply(x, d, true);
      return mask === undefined ? product : tf.mul(product, tf.reshape(mask, [-1, 1, 1]));
    },
  }),
});

/**
 * x [rows, n · size] with every block of `size` columns times its rotation [n, size, size], or times the only one [1, size, size].
 * Gradients go to x and the rotations.
 */
export function rotateBlocks(
  x: tf.Tensor2D,
  rotation: tf.Tensor,
  options: {
    /** [n], of 1 and 0: blocks at 0 are left as they are. Not with one rotation for all. */
    readonly mask?: tf.Tensor | null | undefined;
    /** Same as in `LinearOptions`. */
    readonly derivative?: tf.Tensor2D | undefined;
  } = {},
): tf.Tensor2D {
  return only2D(operation(givenInputs({ x, rotation, mask: options.mask, derivative: options.derivative })));
}

/**
 * The weight that takes x as `weight` takes the rotated x: W·Rᵀ [out, in], or with `inputsFirst` R·W [in, out]. Has no gradient.
 */
export function rotatedWeight(weight: tf.Tensor2D, rotation: tf.Tensor, inputsFirst: boolean): tf.Tensor2D {
  return tf.tidy(() => {
    if (!inputsFirst) return rotated(weight, rotation, true);
    const [inputs, outputs] = weight.shape;
    const size = rotation.shape.at(-1) ?? 1;
    const count = inputs / size;
    const spread = rotation.shape[0] === count ? rotation : tf.tile(rotation, [count, 1, 1]);
    return tf.reshape(multiply(spread, tf.reshape(weight, [count, size, outputs])), [inputs, outputs]);
  });
}

/** The rotations that count: the identity where a block is masked. */
function masked(inputs: OperationInputs): tf.Tensor {
  const { mask } = inputs;
  const rotation = input(inputs, 'rotation');
  if (mask === undefined) return rotation;
  const kept = tf.reshape(mask, [-1, 1, 1]);
  return tf.add(tf.mul(rotation, kept), tf.mul(tf.eye(rotation.shape.at(-1) ?? 0), tf.sub(1, kept)));
}

function rotated(x: tf.Tensor, rotation: tf.Tensor, isBack: boolean): tf.Tensor2D {
  const { shape } = rotation;
  const [rows = 0, columns = 0] = x.shape;
  const blocks = multiply(byBlock(x, shape), rotation, false, isBack);
  const joined = shape[0] === 1 ? blocks : tf.transpose(blocks, [1, 0, 2]);
  return tf.reshape(joined, [rows, columns]);
}

/** x [rows, n · size] as [n, rows, size], or, of one rotation, as [1, rows · n, size]. */
function byBlock(x: tf.Tensor, [count = 1, size = 1]: readonly number[]): tf.Tensor {
  if (count === 1) return tf.reshape(x, [1, -1, size]);
  return tf.transpose(tf.reshape(x, [-1, count, size]), [1, 0, 2]);
}
