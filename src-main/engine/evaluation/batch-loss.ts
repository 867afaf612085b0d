import * as tf from '@tensorflow/tfjs-core';
import type { AdaptedModel } from '../adapters/adapted-model.ts';
import type { HiddenStates } from '../models/base-model.ts';
import { binaryEntropy, softmaxEntropy, squaredError } from '../ops/index.ts';
import { deviceInputs } from '../training/device-inputs.ts';
import { labelledTokens } from '../training/labelled-tokens.ts';
import { type LossGradients, lossGradients } from '../training/loss-gradients.ts';
import type { MicroBatch } from '../training/micro-batch.ts';
import { spanLogits } from '../training/span-logits.ts';
import { textVectors } from '../training/text-vectors.ts';
import { lossOnBatch } from '../training/training-loss.ts';

/** Outputs [rows, width] where labels count: of every example, of the tokens that have a label, of all tokens for each end of an answer, or the vectors of texts. */
export function countedOutputs(model: AdaptedModel, states: HiddenStates, batch: MicroBatch): tf.Tensor2D {
  const { labels, targets, vectors } = batch;
  if (vectors) return textVectors(model, states, batch.inputs, vectors.pooling);
  if (targets?.kind === 'spans') return spanLogits(model.head(states), batch);
  return model.head(targets === undefined ? labelledTokens(states, labels).states : states);
}

/** Objective of a batch: the task's loss, the entropy of the predictions, or the distance to target outputs. */
export type BatchObjective = 'task' | 'entropy' | { readonly outputs: tf.Tensor2D };

/** The loss of one batch and its gradients by the adapter's tensors. To be called within `tf.tidy`. */
export function batchLossGradients(model: AdaptedModel, batch: MicroBatch, objective: BatchObjective): LossGradients {
  return lossGradients(
    model,
    deviceInputs(batch.inputs),
    [...model.trainable().values()],
    lossFunction(model, batch, objective),
  );
}

/** The loss of one batch alone. To be called within `tf.tidy`. */
export function batchLoss(model: AdaptedModel, batch: MicroBatch, objective: BatchObjective): tf.Scalar {
  return lossFunction(model, batch, objective)(model.states(deviceInputs(batch.inputs)));
}

function lossFunction(
  model: AdaptedModel,
  batch: MicroBatch,
  objective: BatchObjective,
): (states: HiddenStates) => tf.Scalar {
  if (objective === 'task') return lossOnBatch(model, batch);
  if (objective === 'entropy') {
    const entropy = batch.targets?.kind === 'label-sets' ? binaryEntropy : softmaxEntropy;
    return (states) => entropy(countedOutputs(model, states, batch));
  }
  return (states) => squaredError(countedOutputs(model, states, batch), objective.outputs);
}

/** Accuracy over the labels of a batch where they are classes of examples, else the negative loss. */
export async function batchScore(model: AdaptedModel, batch: MicroBatch): Promise<number> {
  const byClass = batch.targets === undefined && batch.examples === undefined;
  const score = tf.tidy(() => {
    if (!byClass) return tf.neg(batchLoss(model, batch, 'task'));
    const predicted = tf.argMax(model.forward(deviceInputs(batch.inputs)), 1);
    return tf.mean(tf.cast(tf.equal(predicted, tf.tensor1d(batch.labels, 'int32')), 'float32'));
  });
  try {
    return (await score.data())[0] ?? Number.NaN;
  } finally {
    score.dispose();
  }
}
