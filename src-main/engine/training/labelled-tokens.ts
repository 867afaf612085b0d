import * as tf from '@tensorflow/tfjs-core';
import type { HiddenStates } from '../models/base-model.ts';
import { gatherRows } from '../ops/index.ts';
import { countedPlaces, ignoredLabel } from '../ops/loss/softmax-cross-entropy.ts';

/** Share of labelled tokens above which dropping the others is not worth a copy. */
const nearlyAll = 0.9;

/** A batch's labels; where enough tokens have none, also the places of those that have one, and their labels. */
export type LabelTensors = { readonly labels: tf.Tensor1D } & Partial<
  Readonly<Record<'places' | 'counted', tf.Tensor1D>>
>;

/** Share of a batch's positions: labeled positions are rounded up to its multiples in a recorded pass. */
const roundedShare = 1 / 16;

/**
 * To be called within `tf.tidy`.
 * @param isRounded the places are filled up, without labels, so that batches whose answers are about as long have equal shapes
 */
export function labelTensors(labels: Int32Array, isRounded = false): LabelTensors {
  const all = tf.tensor1d(labels, 'int32');
  const places = countedPlaces(labels);
  const multiple = isRounded ? Math.ceil(labels.length * roundedShare) : 1;
  const count = multiple * Math.ceil(places.length / multiple);
  if (places.length === 0 || count > nearlyAll * labels.length) return { labels: all };
  const filled = new Int32Array(count);
  filled.set(places);
  const counted = filled.map((place, at) => (at < places.length ? (labels[place] ?? ignoredLabel) : ignoredLabel));
  return { labels: all, places: tf.tensor1d(filled, 'int32'), counted: tf.tensor1d(counted, 'int32') };
}

/**
 * The last layer's states and labels of the labelled tokens only, usually those of the answer: the others would be
 * multiplied by the whole vocabulary for nothing. Labels per example are unchanged.
 */
export function labelledStates(
  states: HiddenStates,
  { labels, places, counted }: LabelTensors,
): { readonly states: HiddenStates; readonly labels: tf.Tensor1D } {
  const isByToken = states.hidden.shape[0] === labels.size;
  if (!isByToken || places === undefined || counted === undefined) return { states, labels };
  const hidden = gatherRows(states.hidden, places);
  return { states: { ...states, hidden, batch: places.size, tokens: 1 }, labels: counted };
}

/** Both at once. */
export function labelledTokens(states: HiddenStates, labels: Int32Array): ReturnType<typeof labelledStates> {
  return labelledStates(states, labelTensors(labels));
}
