import * as tf from '@tensorflow/tfjs-core';

/**
 * Gradients of tfjs's own kernels that may be on the tape between our operations. The Node build of tfjs-core has none; a
 * kernel missing here throws in the backward pass.
 */
const gradients: readonly tf.GradConfig[] = [
  {
    kernelName: 'Add',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => ({ a: () => unbroadcast(one(dy), some(a)), b: () => unbroadcast(one(dy), some(b)) }),
  },
  {
    kernelName: 'Sub',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => ({
      a: () => unbroadcast(one(dy), some(a)),
      b: () => tf.neg(unbroadcast(one(dy), some(b))),
    }),
  },
  {
    kernelName: 'Multiply',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => ({
      a: () => unbroadcast(tf.mul(one(dy), some(b)), some(a)),
      b: () => unbroadcast(tf.mul(one(dy), some(a)), some(b)),
    }),
  },
  {
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b], attributes) => {
      if (attributes['transposeA'] || attributes['transposeB'] || some(a).rank !== 2 || some(b).rank !== 2)
        throw new Error('the tape knows products of two matrices without transpose flags: transpose them before');
      return {
        a: () => tf.matMul(one(dy), tf.transpose(some(b))),
        b: () => tf.matMul(tf.transpose(some(a)), one(dy)),
      };
    },
  },
  {
    kernelName: 'Transpose',
    gradFunc: (dy, _, attributes) => {
      const axes: unknown = attributes['perm'];
      if (!Array.isArray(axes)) throw new Error('a transposition without axes');
      const inverse = axes.map((_, index) => axes.indexOf(index));
      return { x: () => tf.transpose(one(dy), inverse) };
    },
  },
  {
    kernelName: 'Reshape',
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => tf.reshape(one(dy), some(x).shape) }),
  },
  {
    kernelName: 'Slice',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attributes) => {
      const begin: unknown = attributes['begin'];
      if (!Array.isArray(begin)) throw new Error('a slice without a beginning');
      const { shape } = some(x);
      const cut = one(dy).shape;
      const paddings = shape.map((size, axis): [number, number] => {
        const start = Number(begin[axis] ?? 0);
        return [start, size - start - (cut[axis] ?? 0)];
      });
      return { x: () => tf.pad(one(dy), paddings) };
    },
  },
  {
    kernelName: 'Tile',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attributes) => {
      const reps: unknown = attributes['reps'];
      const { shape } = some(x);
      if (!Array.isArray(reps) || reps.length !== shape.length) throw new Error('the tape knows tiles axis by axis');
      // Every axis as its repeats and itself; the repeats are summed.
      const parted = shape.flatMap((size, axis) => [Number(reps[axis]), size]);
      const repeats = shape.map((_, axis) => 2 * axis);
      return { x: () => tf.sum(tf.reshape(one(dy), parted), repeats) };
    },
  },
  {
    kernelName: 'Concat',
    saveAllInputs: true,
    gradFunc: (dy, inputs, attributes) => {
      const rank = one(dy).rank;
      const axis = (Number(attributes['axis']) + rank) % rank;
      let start = 0;
      return Object.fromEntries(
        inputs.map((part, index) => {
          const begin = part.shape.map((_, at) => (at === axis ? start : 0));
          start += part.shape[axis] ?? 0;
          return [String(index), () => tf.slice(one(dy), begin, part.shape)];
        }),
      );
    },
  },
];

for (const gradient of gradients) tf.registerGradient(gradient);

/** Sums a gradient over the broadcast axes. */
function unbroadcast(dy: tf.Tensor, like: tf.Tensor): tf.Tensor {
  if (dy.shape.join() === like.shape.join()) return dy;
  const lead = dy.rank - like.rank;
  const axes = dy.shape.map((_, axis) => axis).filter((axis) => axis < lead || like.shape[axis - lead] === 1);
  return tf.reshape(axes.length === 0 ? dy : tf.sum(dy, axes), like.shape);
}

function one(dy: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return some(Array.isArray(dy) ? dy[0] : dy);
}

function some(tensor: tf.Tensor | undefined): tf.Tensor {
  if (tensor === undefined) throw new Error('a tensor that the gradient needs was not saved');
  return tensor;
}
