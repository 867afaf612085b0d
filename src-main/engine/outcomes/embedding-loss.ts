import type * as tf from '@tensorflow/tfjs-core';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import type { EmbeddingLossId, EmbeddingSettings } from '../../../src-shared/tasks/embedding.ts';

/** Meaning of a dataset's rows for their texts: the better one, a similarity, or a label for similar. */
export type PairForm = 'ranking' | 'scores' | 'labels';

interface Shared {
  readonly declaration: Declaration & { readonly id: EmbeddingLossId };
  /** Rows that it can learn from; it is what `auto` takes for the first. */
  readonly of: readonly PairForm[];
}

/** A loss of anchors, each with one right text among candidates. */
export interface RankingLoss extends Shared {
  readonly ranks: true;
  /** Mean loss. @param cosines [anchors, candidates]; the right candidate of an anchor is the one at its place */
  loss(cosines: tf.Tensor2D, settings: EmbeddingSettings): tf.Scalar;
  /** The loss of one anchor, in double precision. @param cosines [candidates] @param right index of its right candidate */
  lossOf(cosines: Float64Array, right: number, settings: EmbeddingSettings): number;
}

/** A loss of pairs with targets in [0, 1]. */
export interface PairLoss extends Shared {
  readonly ranks: false;
  /** Mean loss, or sum as the loss has it. @param cosines [pairs, 1] */
  loss(cosines: tf.Tensor2D, targets: Float32Array, settings: EmbeddingSettings): tf.Scalar;
  /** Returns the loss of each pair in double precision; their mean is the loss. */
  losses(cosines: Float64Array, targets: Float32Array, settings: EmbeddingSettings): Float64Array;
}

export type EmbeddingLoss = RankingLoss | PairLoss;
