import * as tf from '@tensorflow/tfjs-core';
import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import { deviceInputs } from '../../losses/batch-inputs.ts';
import { type TextPooling, textVectors } from '../../losses/text-vectors.ts';
import { refuseCancelled } from '../../outcomes/evaluation-steps.ts';
import { type EvaluationOptions, notFiniteOutputs } from '../shared/head-outputs.ts';
import { encoderInputs } from '../shared/pad-rows.ts';
import { byLength, inGivenOrder } from '../shared/test-order.ts';
import type { TokenRow } from '../shared/token-rows.ts';

/** Vectors of unit length [rows, width], row-major. */
export interface RowVectors {
  readonly vectors: Float32Array;
  readonly width: number;
}

/** Rows of tokens, which are read by their indices. */
export interface IndexedRows {
  readonly indices: Int32Array;
  row(index: number): TokenRow;
}

/**
 * Vectors of rows of tokens, in the order of their indices.
 * @param options progress counts rows
 * @throws StudioError not_finite, cancelled
 */
export async function rowVectors(
  model: AdaptedModel,
  { indices, row }: IndexedRows,
  { pooling, padding }: { readonly pooling: TextPooling; readonly padding: number },
  options: EvaluationOptions,
): Promise<RowVectors> {
  const run = byLength(indices, (index) => row(index).ids.length, options.batchSize);
  let vectors = new Float32Array(0);
  let width = 0;
  for (let start = 0; start < indices.length; start += run.batchSize) {
    await refuseCancelled(options);
    const some = [...run.sorted.subarray(start, start + run.batchSize)].map((index) => row(index));
    const inputs = encoderInputs(some, padding);
    const made = tf.tidy(() => textVectors(model, model.states(deviceInputs(inputs)), inputs, pooling));
    try {
      const values = await made.data<'float32'>();
      if (!values.every(Number.isFinite)) throw notFiniteOutputs();
      if (width === 0) {
        width = made.shape[1];
        vectors = new Float32Array(indices.length * width);
      }
      vectors.set(values, start * width);
    } finally {
      made.dispose();
    }
    await options.onProgress?.(start + some.length, indices.length);
  }
  return { vectors: inGivenOrder(vectors, run, width), width };
}
