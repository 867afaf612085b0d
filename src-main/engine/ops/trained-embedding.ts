import * as tf from '@tensorflow/tfjs-core';
import { as1D, as2D, attribute, defineOperation, input, only2D } from './operation.ts';
import { scatterRows } from './scatter-rows.ts';

const operation = defineOperation({
  name: 'CotoTrainedEmbedding',
  compose: (inputs) => tf.gather(input(inputs, 'weight'), as1D(input(inputs, 'ids'))),
  saved: { inputs: ['ids'] },
  gradients: (dy, saved, attributes) => ({
    weight: () => scatterRows(as1D(input(saved, 'ids')), as2D(dy), attribute(attributes, 'count')),
  }),
});

/** Rows of a trained table: ids [rows] int32, weight [in, out] → [rows, out]. The gradient goes to the weight. */
export function trainedEmbedding(ids: tf.Tensor1D, weight: tf.Tensor2D): tf.Tensor2D {
  return only2D(operation({ ids, weight }, { count: weight.shape[0] }));
}
