import * as tf from '@tensorflow/tfjs-core';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { deviceInputs } from '../losses/batch-inputs.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import type { HiddenStates } from '../models/base-model.ts';
import { squaredError } from '../ops/index.ts';
import { type LossGradients, lossGradients } from '../training/loss-gradients.ts';

/** Goal on a batch: the task's loss, the entropy of the predictions, or the distance to fixed outputs. */
export type BatchObjective = 'task' | 'entropy' | { readonly outputs: tf.Tensor2D };

/** Value of the objective on one batch, and its gradients for the adapter's tensors. To be called within `tf.tidy`. */
export function objectiveGradients(model: AdaptedModel, batch: MicroBatch, objective: BatchObjective): LossGradients {
  return lossGradients(
    model,
    deviceInputs(batch.inputs),
    [...model.trainable().values()],
    objectiveOf(model, batch, objective),
  );
}

/** Value of the objective on one batch. To be called within `tf.tidy`. */
export function objectiveValue(model: AdaptedModel, batch: MicroBatch, objective: BatchObjective): tf.Scalar {
  return objectiveOf(model, batch, objective)(model.states(deviceInputs(batch.inputs)));
}

/** @throws StudioError refused where predictions have no entropy */
function objectiveOf(
  model: AdaptedModel,
  { inputs, loss }: MicroBatch,
  objective: BatchObjective,
): (states: HiddenStates) => tf.Scalar {
  if (objective === 'task') return loss.compute(model, inputs);
  if (objective === 'entropy') {
    const entropy = loss.entropy();
    return (states) => entropy(loss.outputs(model, states, inputs));
  }
  return (states) => squaredError(loss.outputs(model, states, inputs), objective.outputs);
}

/** Accuracy where examples have one class each, else the negative loss. */
export async function batchScore(model: AdaptedModel, batch: MicroBatch): Promise<number> {
  const score = tf.tidy(() => {
    const { inputs, loss } = batch;
    if (loss.accuracy) return loss.accuracy(model.forward(deviceInputs(inputs)));
    return tf.neg(objectiveValue(model, batch, 'task'));
  });
  try {
    return (await score.data())[0] ?? Number.NaN;
  } finally {
    score.dispose();
  }
}
