import * as tf from '@tensorflow/tfjs-core';
import type { TrainableModel } from '../adapters/trainable-model.ts';
import type { HiddenStates } from '../models/base-model.ts';
import { binaryCrossEntropy, squaredError } from '../ops/index.ts';
import { labelledStates, labelTensors } from './labelled-tokens.ts';
import type { MicroBatch } from './micro-batch.ts';

/** A loss whose operations depend on its form and on the shapes of its tensors alone, not on the batch's values. */
export interface PreparedLoss {
  readonly form: string;
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
  compute(states: HiddenStates): tf.Scalar;
}

/**
 * Computes `lossOnBatch` times the share. Null for a loss of sequences, of spans or of vectors, which uses the host's
 * values. To be called within `tf.tidy`.
 */
export function preparedLoss(
  model: Pick<TrainableModel, 'loss' | 'head'>,
  batch: MicroBatch,
  share: number,
): PreparedLoss | null {
  if (batch.sequences !== undefined || batch.vectors !== undefined || batch.targets?.kind === 'spans') return null;
  const { form, tensors, compute } = meanLoss(model, batch, true);
  if (share === 1) return { form, tensors, compute };
  const factor = tf.scalar(share);
  return {
    form,
    tensors: { ...tensors, share: factor },
    compute: (states) => tf.mul<tf.Scalar>(compute(states), factor),
  };
}

/**
 * The mean loss over a batch's labels, or over its targets other than spans. To be called within `tf.tidy`.
 * @param isRounded as in `labelTensors`
 */
export function meanLoss(
  model: Pick<TrainableModel, 'loss' | 'head'>,
  { labels, targets }: Pick<MicroBatch, 'labels' | 'targets'>,
  isRounded = false,
): PreparedLoss {
  if (targets === undefined) {
    const tensors = labelTensors(labels, isRounded);
    return {
      form: 'labels',
      tensors,
      compute: (states) => {
        const counted = labelledStates(states, tensors);
        return model.loss(counted.states, counted.labels);
      },
    };
  }
  const { kind, values, width } = targets;
  const expected = tf.tensor2d(values, [values.length / width, width]);
  const compute = kind === 'numbers' ? squaredError : binaryCrossEntropy;
  return { form: kind, tensors: { expected }, compute: (states) => compute(model.head(states), expected) };
}
