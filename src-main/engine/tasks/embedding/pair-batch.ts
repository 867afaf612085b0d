import * as tf from '@tensorflow/tfjs-core';
import type { EmbeddingSettings } from '../../../../src-shared/tasks/embedding.ts';
import type { MicroBatch } from '../../losses/batch-loss.ts';
import type { TextPooling } from '../../losses/text-vectors.ts';
import type { EmbeddingLoss } from '../../outcomes/embedding-loss.ts';
import { vectors } from '../../outcomes/vectors.ts';
import { encoderInputs } from '../shared/pad-rows.ts';
import type { TokenRow } from '../shared/token-rows.ts';

/** Texts of some examples, and what is learned of them. */
export interface EmbeddingBatch {
  readonly anchors: readonly TokenRow[];
  /** The other text of each example. */
  readonly others: readonly TokenRow[];
  /** Further wrong candidates of all the anchors; none for a loss of pairs. */
  readonly negatives: readonly TokenRow[];
  /** In [0, 1], of each example; empty for a loss that ranks. */
  readonly targets: Float32Array;
}

export interface EmbeddingForm {
  readonly loss: EmbeddingLoss;
  readonly settings: EmbeddingSettings;
  readonly pooling: TextPooling;
  /** Token id. */
  readonly padding: number;
}

/** Rows of a batch: the anchors, the other texts, then the negatives. */
export function embeddingBatch(
  { anchors, others, negatives, targets }: EmbeddingBatch,
  { loss, settings, pooling, padding }: EmbeddingForm,
): MicroBatch {
  return {
    inputs: encoderInputs([...anchors, ...others, ...negatives], padding),
    examples: anchors.length,
    loss: vectors.loss(anchors.length, pooling, (rows) => lossOfVectors(rows, anchors.length, targets, loss, settings)),
  };
}

/** @param vectors of unit length: of `count` anchors, of as many other texts, and of negatives */
export function lossOfVectors(
  vectors: tf.Tensor2D,
  count: number,
  targets: Float32Array,
  loss: EmbeddingLoss,
  settings: EmbeddingSettings,
): tf.Scalar {
  const anchors = tf.slice2d(vectors, [0, 0], [count, -1]);
  if (loss.ranks) {
    const candidates = tf.slice2d(vectors, [count, 0], [-1, -1]);
    return loss.loss(tf.matMul(anchors, tf.transpose(candidates, [1, 0])), settings);
  }
  const others = tf.slice2d(vectors, [count, 0], [count, -1]);
  const ones = tf.ones<tf.Rank.R2>([anchors.shape[1], 1]);
  return loss.loss(tf.matMul(tf.mul<tf.Tensor2D>(anchors, others), ones), targets, settings);
}
