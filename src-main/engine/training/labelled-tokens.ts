import * as tf from '@tensorflow/tfjs-core';
import type { HiddenStates } from '../models/base-model.ts';
import { gatherRows } from '../ops/index.ts';
import { countedPlaces, ignoredLabel } from '../ops/loss/softmax-cross-entropy.ts';

/** Where nearly all tokens count, leaving out the others is not worth a copy of the states. */
const nearlyAll = 0.9;

/**
 * The last layer's states and the labels of those tokens that count: of a prompt and its answer mostly the answer's. The others
 * would meet the whole vocabulary for nothing. Labels that are not by token stay as they are.
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
