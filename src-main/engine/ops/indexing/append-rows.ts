import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoAppendRows',
  compose: (inputs, attributes) => {
    const batch = attribute(attributes, 'batch');
    const [before, added] = [input(inputs, 'before'), input(inputs, 'added')];
    const width = added.shape[1] ?? 0;
    const parted = [before, added].map((rows) => tf.reshape<tf.Rank.R3>(rows, [batch, -1, width]));
    return tf.reshape(tf.concat3d(parted, 1), [-1, width]);
  },
});

/**
 * before [batch · tokens, width] and added [batch · new, width] → [batch · (tokens + new), width], each example's new rows
 * behind its own. The native backend copies only the new rows of a single example as long as there is room behind the others.
 * Without gradients.
 */
export function appendRows(before: tf.Tensor2D, added: tf.Tensor2D, batch: number): tf.Tensor2D {
  return only2D(operation({ before, added }, { batch }));
}
