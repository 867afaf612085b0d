import * as tf from '@tensorflow/tfjs-core';
import type { HiddenStates } from '../models/base-model.ts';
import { binaryCrossEntropy, softmaxCrossEntropy, squaredError } from '../ops/index.ts';
import { ignoredLabel } from '../ops/loss/softmax-cross-entropy.ts';
import { labelledTokens } from './labelled-tokens.ts';
import type { MicroBatch } from './micro-batch.ts';
import { currentLikelihoods, sequenceLikelihoods } from './sequence-likelihoods.ts';
import type { SequenceMeasures } from './sequence-measures.ts';
import { spanLabels, spanLogits } from './span-logits.ts';
import type { TrainableModel } from './trainable-model.ts';

/** The part of a model that a loss uses. */
export type LossModel = Pick<
  TrainableModel,
  'loss' | 'head' | 'trainsBelowLayers' | 'embed' | 'forwardBelow' | 'statesFrom'
>;

/**
 * The task's loss of a batch, a mean over its labels, on the last layer's states. To be called within `tf.tidy`, before the
 * tape begins.
 * @param measures is told of the sequences of a loss that has them.
 */
export function lossOnBatch(
  model: LossModel,
  batch: MicroBatch,
  measures?: SequenceMeasures,
): (states: HiddenStates) => tf.Scalar {
  const { labels, targets, sequences } = batch;
  if (sequences !== undefined) {
    const constants = sequences.constants ? currentLikelihoods(model, sequences.constants) : null;
    return (states) => {
      const sums = sequenceLikelihoods(model, states, labels, sequences.segments);
      measures?.observe(sequences, sums);
      return sequences.loss(sums, constants);
    };
  }
  if (targets === undefined)
    return (states) => {
      const counted = labelledTokens(states, labels);
      return model.loss(counted.states, counted.labels);
    };
  const { kind, values, width } = targets;
  if (kind === 'spans') {
    const places = spanLabels(targets);
    return (states) => softmaxCrossEntropy(spanLogits(model.head(states), batch), places);
  }
  const expected = tf.tensor2d(values, [values.length / width, width]);
  const compute = kind === 'numbers' ? squaredError : binaryCrossEntropy;
  return (states) => compute(model.head(states), expected);
}

/** Number of examples of a batch. */
export function examplesOf({ examples, labels }: MicroBatch): number {
  return examples ?? labels.length;
}

/** Number of labels in the mean loss of a batch; of a loss of sequences, its examples. */
export function countedLabels(batch: MicroBatch): number {
  const { labels, targets, sequences } = batch;
  if (sequences !== undefined) return examplesOf(batch);
  if (targets !== undefined) return targets.values.length;
  return labels.reduce((count, label) => (label === ignoredLabel ? count : count + 1), 0);
}
