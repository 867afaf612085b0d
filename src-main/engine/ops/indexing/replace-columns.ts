import * as tf from '@tensorflow/tfjs-core';
import { as1D, as2D, defineOperation, input, only2D } from '../autograd/operation.ts';

/** Columns of a wide matrix that others replace. */
export interface ReplacedColumns {
  /** [count] int32: the replaced columns. */
  readonly ids: tf.Tensor1D;
  /** [width] int32: each column's own index, or width + n where column n of the others replaces it. */
  readonly sources: tf.Tensor1D;
  /** [width]: 1 for each column that is kept, 0 for each that is replaced. */
  readonly kept: tf.Tensor1D;
}

/** The tensors of `ids` among `width` columns; the caller disposes them. */
export function replacedColumns(ids: readonly number[], width: number): ReplacedColumns {
  const sources = Int32Array.from({ length: width }, (_, column) => column);
  const kept = new Float32Array(width).fill(1);
  for (const [index, id] of ids.entries()) {
    sources[id] = width + index;
    kept[id] = 0;
  }
  return {
    ids: tf.tensor1d(Int32Array.from(ids), 'int32'),
    sources: tf.tensor1d(sources, 'int32'),
    kept: tf.tensor1d(kept, 'float32'),
  };
}

/** x [rows, width] with columns [rows, count] in their places. Has no gradient: for use inside operations. */
export function withColumns(x: tf.Tensor2D, columns: tf.Tensor2D, sources: tf.Tensor1D): tf.Tensor2D {
  return as2D(tf.gather(tf.concat([x, columns], 1), sources, 1));
}

const operation = defineOperation({
  name: 'CotoReplaceColumns',
  compose: (inputs) =>
    withColumns(as2D(input(inputs, 'x')), as2D(input(inputs, 'columns')), as1D(input(inputs, 'sources'))),
  saved: { lasting: ['ids', 'kept'] },
  gradients: (dy, saved) => ({
    x: () => tf.mul(dy, input(saved, 'kept')),
    columns: () => tf.gather(dy, as1D(input(saved, 'ids')), 1),
  }),
});

/** x [rows, width] with columns [rows, count] in the places of `replaced`. Gradients go to both. */
export function replaceColumns(x: tf.Tensor2D, columns: tf.Tensor2D, replaced: ReplacedColumns): tf.Tensor2D {
  return only2D(operation({ x, columns, ...replaced }));
}
