import * as tf from '@tensorflow/tfjs-core';
import type { TrainableModel } from '../adapters/trainable-model.ts';
import type { HiddenStates } from '../models/base-model.ts';
import { gatherRows } from '../ops/index.ts';
import { deviceInputs } from './device-inputs.ts';
import type { Segment, SegmentedRows } from './micro-batch.ts';

/**
 * Log-likelihood in nats of the labels of each segment, summed [segments], from the last layer's states. The model's own loss
 * computes them, segment by segment, so that a large vocabulary's logits are never in memory as a whole. To be called within
 * `tf.tidy`.
 */
export function sequenceLikelihoods(
  model: Pick<TrainableModel, 'loss'>,
  states: HiddenStates,
  labels: Int32Array,
  segments: readonly Segment[],
): tf.Tensor1D {
  const width = labels.length / states.batch;
  const counts = segments.map(({ start, end }) => end - start);
  const places = new Int32Array(counts.reduce((sum, count) => sum + count, 0));
  let filled = 0;
  for (const { row, start, end } of segments) for (let at = start; at < end; at++) places[filled++] = row * width + at;
  const hidden = gatherRows(states.hidden, tf.tensor1d(places, 'int32'));
  const own = places.map((place) => labels[place] ?? 0);
  let start = 0;
  const sums = counts.map((count) => {
    const [begin, end] = [start, start + count];
    start = end;
    const rows = { ...states, hidden: tf.slice2d(hidden, [begin, 0], [count, -1]), batch: count, tokens: 1 };
    const loss = model.loss(rows, tf.tensor1d(own.subarray(begin, end), 'int32'));
    return tf.reshape<tf.Rank.R1>(tf.mul(loss, -count), [1]);
  });
  return tf.concat1d(sums);
}

/** The same of a model as it is, without a tape. To be called within `tf.tidy`. */
export function currentLikelihoods(
  model: Pick<TrainableModel, 'loss' | 'trainsBelowLayers' | 'embed' | 'forwardBelow' | 'statesFrom'>,
  { inputs, labels, segments }: SegmentedRows,
): tf.Tensor1D {
  const device = deviceInputs(inputs);
  const below = model.trainsBelowLayers() ? model.embed(device) : model.forwardBelow(device);
  return sequenceLikelihoods(model, model.statesFrom(below), labels, segments);
}
