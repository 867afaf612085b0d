import * as tf from '@tensorflow/tfjs-core';
import type { HiddenStates } from '../models/base-model.ts';
import { binaryCrossEntropy, squaredError } from '../ops/index.ts';
import { labelledStates, labelTensors } from './labelled-tokens.ts';
import type { MicroBatch } from './micro-batch.ts';
import type { LossModel } from './training-loss.ts';

/** A loss whose operations depend on its form and on the shapes of its tensors alone, not on the batch's values. */
export interface PreparedLoss {
  readonly form: string;
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
  /** As `lossOnBatch` gives it, times the share. */
  compute(states: HiddenStates): tf.Tensor;
}

/** Null for a loss of sequences or of spans, which is computed of the host's values. To be called within `tf.tidy`. */
export function preparedLoss(
  model: Pick<LossModel, 'loss' | 'head'>,
  { labels, targets, sequences }: MicroBatch,
  share: number,
): PreparedLoss | null {
  if (sequences !== undefined) return null;
  const factor: Record<string, tf.Tensor> = share === 1 ? {} : { share: tf.scalar(share) };
  const shared = (loss: tf.Scalar) => (factor['share'] ? tf.mul(loss, factor['share']) : loss);
  if (targets === undefined) {
    const given = labelTensors(labels);
    return {
      form: 'labels',
      tensors: { ...given, ...factor },
      compute: (states) => {
        const counted = labelledStates(states, given);
        return shared(model.loss(counted.states, counted.labels));
      },
    };
  }
  const { kind, values, width } = targets;
  if (kind === 'spans') return null;
  const expected = tf.tensor2d(values, [values.length / width, width]);
  const compute = kind === 'numbers' ? squaredError : binaryCrossEntropy;
  return {
    form: kind,
    tensors: { expected, ...factor },
    compute: (states) => shared(compute(model.head(states), expected)),
  };
}
