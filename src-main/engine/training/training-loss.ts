import type * as tf from '@tensorflow/tfjs-core';
import type { TrainableModel } from '../adapters/trainable-model.ts';
import type { HiddenStates } from '../models/base-model.ts';
import { softmaxCrossEntropy } from '../ops/index.ts';
import { ignoredLabel } from '../ops/loss/softmax-cross-entropy.ts';
import type { MicroBatch } from './micro-batch.ts';
import { meanLoss } from './prepared-loss.ts';
import { currentLikelihoods, sequenceLikelihoods } from './sequence-likelihoods.ts';
import type { SequenceMeasures } from './sequence-measures.ts';
import { spanLabels, spanLogits } from './span-logits.ts';
import { textVectors } from './text-vectors.ts';

/** The part of a model that a loss uses. */
export type LossModel = Pick<
  TrainableModel,
  'loss' | 'head' | 'trainsBelowLayers' | 'embed' | 'forwardBelow' | 'statesFrom' | 'finalStates'
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
  const { targets, sequences, vectors } = batch;
  if (vectors !== undefined) return (states) => vectors.loss(textVectors(model, states, batch.inputs, vectors.pooling));
  if (sequences !== undefined) {
    const constants = sequences.constants ? currentLikelihoods(model, sequences.constants) : null;
    return (states) => {
      const sums = sequenceLikelihoods(model, states, batch.labels, sequences.segments);
      measures?.observe(sequences, sums);
      return sequences.loss(sums, constants);
    };
  }
  if (targets?.kind === 'spans') {
    const places = spanLabels(targets);
    return (states) => softmaxCrossEntropy(spanLogits(model.head(states), batch), places);
  }
  return meanLoss(model, batch).compute;
}

/** Number of examples of a batch. */
export function examplesOf({ examples, labels }: MicroBatch): number {
  return examples ?? labels.length;
}

/** Number of labels in the mean loss of a batch; of a loss of sequences or of vectors, its examples. */
export function countedLabels(batch: MicroBatch): number {
  const { labels, targets, sequences, vectors } = batch;
  if (sequences !== undefined || vectors !== undefined) return examplesOf(batch);
  if (targets !== undefined) return targets.values.length;
  return labels.reduce((count, label) => (label === ignoredLabel ? count : count + 1), 0);
}
