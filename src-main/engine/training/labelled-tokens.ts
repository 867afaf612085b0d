import * as tf from '@tensorflow/tfjs-core';
import type { HiddenStates } from '../models/base-model.ts';
import { gatherRows } from '../ops/index.ts';
import { countedPlaces, ignoredLabel } from '../ops/loss/softmax-cross-entropy.ts';

/** Share of labelled tokens above which dropping the others is not worth a copy. */
const nearlyAll = 0.9;

/**
 * The last layer's states and labels of the labelled tokens only, usually those of the answer: the others would be
 * multiplied by the whole vocabulary for nothing. Labels per example are unchanged.
 */
export function labelledTokens(
  states: HiddenStates,
  labels: Int32Array,
): { readonly states: HiddenStates; readonly labels: tf.Tensor1D } {
  const places = countedPlaces(labels);
  const isByToken = states.hidden.shape[0] === labels.length;
  if (!isByToken || places.length === 0 || places.length > nearlyAll * labels.length)
    return { states, labels: tf.tensor1d(labels, 'int32') };
  const hidden = gatherRows(states.hidden, tf.tensor1d(places, 'int32'));
  const counted = places.map((place) => labels[place] ?? ignoredLabel);
  return { states: { ...states, hidden, batch: places.length, tokens: 1 }, labels: tf.tensor1d(counted, 'int32') };
}
