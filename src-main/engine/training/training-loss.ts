import * as tf from '@tensorflow/tfjs-core';
import type { HiddenStates } from '../models/base-model.ts';
import { binaryCrossEntropy, squaredError } from '../ops/index.ts';
import { ignoredLabel } from '../ops/loss/softmax-cross-entropy.ts';
import { labelledTokens } from './labelled-tokens.ts';
import type { MicroBatch } from './micro-batch.ts';
import type { TrainableModel } from './trainable-model.ts';

/** The task's loss of a batch, a mean over its labels, on the last layer's states. To be called within `tf.tidy`. */
export function lossOnBatch(
  model: Pick<TrainableModel, 'loss' | 'head'>,
  { labels, targets }: MicroBatch,
): (states: HiddenStates) => tf.Scalar {
  if (targets === undefined)
    return (states) => {
      const counted = labelledTokens(states, labels);
      return model.loss(counted.states, counted.labels);
    };
  const { kind, values, width } = targets;
  const expected = tf.tensor2d(values, [values.length / width, width]);
  const compute = kind === 'numbers' ? squaredError : binaryCrossEntropy;
  return (states) => compute(model.head(states), expected);
}

/** Number of labels in the mean loss of a batch. */
export function countedLabels({ labels, targets }: MicroBatch): number {
  if (targets !== undefined) return targets.values.length;
  return labels.reduce((count, label) => (label === ignoredLabel ? count : count + 1), 0);
}
