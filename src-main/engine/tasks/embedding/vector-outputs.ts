import * as tf from '@tensorflow/tfjs-core';
import type { AdaptedModel } from '../../adapters/adapted-model.ts';
import { deviceInputs } from '../../losses/batch-inputs.ts';
import { textVectors } from '../../losses/text-vectors.ts';
import type { PairForm } from '../../outcomes/embedding-loss.ts';
import { refuseCancelled } from '../../outcomes/evaluation-steps.ts';
import type { VectorOutputs } from '../../outcomes/vectors.ts';
import { type EvaluationOptions, notFiniteOutputs, refuseNoExamples } from '../shared/head-outputs.ts';
import { encoderInputs } from '../shared/pad-rows.ts';
import { byLength, inGivenOrder } from '../shared/test-order.ts';
import type { EmbeddingForm } from './pair-batch.ts';
import type { PairRows } from './pair-rows.ts';

export interface TestPairs extends EmbeddingForm {
  readonly rows: PairRows;
  readonly form: PairForm;
  readonly targets: Float32Array;
  /** The text of a row. */
  textOf(row: number): string;
}

/**
 * Vectors of the texts of the examples `indices`, each text once.
 * @throws StudioError invalid_input without examples, not_finite, cancelled.
 */
export async function vectorOutputs(
  model: AdaptedModel,
  { rows, form, targets, loss, settings, pooling, padding, textOf }: TestPairs,
  indices: Int32Array,
  options: EvaluationOptions,
): Promise<VectorOutputs> {
  refuseNoExamples(indices.length);
  const pairs = [...indices].map((index) => rows.at(index));
  const used = [...new Set(pairs.flatMap(({ anchor, other, negatives }) => [anchor, other, ...negatives]))];
  const run = byLength(Int32Array.from(used), (row) => rows.row(row).ids.length, options.batchSize);
  let vectors = new Float32Array(0);
  let width = 0;
  for (let start = 0; start < used.length; start += run.batchSize) {
    await refuseCancelled(options);
    const some = [...run.sorted.subarray(start, start + run.batchSize)].map((row) => rows.row(row));
    const inputs = encoderInputs(some, padding);
    const made = tf.tidy(() => textVectors(model, model.states(deviceInputs(inputs)), inputs, pooling));
    try {
      const values = await made.data<'float32'>();
      if (!values.every(Number.isFinite)) throw notFiniteOutputs();
      if (width === 0) {
        width = made.shape[1];
        vectors = new Float32Array(used.length * width);
      }
      vectors.set(values, start * width);
    } finally {
      made.dispose();
    }
    // Progress counts examples.
    const done = Math.min(1, (start + some.length) / used.length);
    await options.onProgress?.(Math.floor(done * indices.length), indices.length);
  }
  const places = new Map(used.map((row, place) => [row, place]));
  const placeOf = (row: number) => places.get(row) ?? 0;
  return {
    kind: 'vectors',
    vectors: inGivenOrder(vectors, run, width),
    width,
    pairs: {
      form,
      anchors: Int32Array.from(pairs, ({ anchor }) => placeOf(anchor)),
      others: Int32Array.from(pairs, ({ other }) => placeOf(other)),
      negatives: pairs.map(({ negatives }) => negatives.map(placeOf)),
      targets: form === 'ranking' ? targets : Float32Array.from(indices, (index) => targets[index] ?? 0),
      loss,
      settings,
      textOf: (place) => textOf(used[place] ?? 0),
    },
  };
}
