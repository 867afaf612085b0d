import type * as tf from '@tensorflow/tfjs-core';
import type { PoolingMode } from '../../../src-shared/tasks/embedding.ts';

/**
 * One micro-batch on the host. `labels` are the targets of the rows of outputs: class ids, or the token after each token of
 * a text; −100 to ignore.
 */
export interface MicroBatch {
  readonly inputs: Readonly<Record<string, { shape: readonly number[]; data: Float32Array | Int32Array }>>;
  readonly labels: Int32Array;
  /** For texts, 1 for each label that only ends an answer. */
  readonly ends?: Uint8Array;
  /** Number of examples; by default one per label. */
  readonly examples?: number;
  /** Targets of outputs that are not classes; `labels` is empty then. */
  readonly targets?: Targets;
  /** A loss of the likelihoods of whole answers, in place of the mean over the labels. */
  readonly sequences?: SequenceLoss;
  /** A loss of one vector for each row, in place of it. */
  readonly vectors?: VectorLoss;
}

/** A mean loss over examples, computed from the texts' vectors. */
export interface VectorLoss {
  readonly pooling: PoolingMode;
  /** To be called within `tf.tidy`. @param vectors of unit length [rows, width] */
  loss(vectors: tf.Tensor2D): tf.Scalar;
}

/** Labels that follow one another in a row, e.g. of an answer, by their places in it; `end` is excluded. */
export interface Segment {
  readonly row: number;
  readonly start: number;
  readonly end: number;
}

/** Rows whose labels are taken segment by segment. */
export interface SegmentedRows extends Pick<MicroBatch, 'inputs' | 'labels'> {
  readonly segments: readonly Segment[];
}

/** A mean loss over examples, computed from log-likelihoods in nats, each summed over the labels of a segment. */
export interface SequenceLoss {
  /** Segments of the batch's rows, which may be padded further. */
  readonly segments: readonly Segment[];
  /** Further rows, whose log-likelihoods the loss takes as constants. */
  readonly constants?: SegmentedRows;
  /** To be called within `tf.tidy`. @param sums of the segments [segments] @param constants those of the further rows */
  loss(sums: tf.Tensor1D, constants: tf.Tensor1D | null): tf.Scalar;
  /** Converts such sums to further metrics: each a sum over examples, and their count. */
  measures(sums: Float32Array): Readonly<Record<string, { readonly sum: number; readonly count: number }>>;
}

/**
 * Row by row, one value per output of the head. `label-sets`: 1 if a label applies, else 0. `spans`: the places in the row of the
 * first and the last token of the answer.
 */
export interface Targets {
  readonly kind: 'label-sets' | 'numbers' | 'spans';
  readonly values: Float32Array;
  readonly width: number;
}
