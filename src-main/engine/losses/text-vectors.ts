import * as tf from '@tensorflow/tfjs-core';
import type { PoolingMode } from '../../../src-shared/tasks/embedding.ts';
import type { TrainableModel } from '../adapters/model/trainable-model.ts';
import type { HiddenStates } from '../models/base-model.ts';
import type { DenseLayer } from '../models/huggingface/sentence-transformer.ts';
import { l2NormalizeRows, weightedTokenMean } from '../ops/index.ts';
import type { BatchInputs } from './batch-inputs.ts';

/** Steps from the states of a text's tokens to its vector. */
export interface TextPooling {
  readonly mode: PoolingMode;
  /** Layers that the pooled vector goes through. */
  readonly dense: readonly DenseLayer[];
}

/** The vector of every row, of unit length [rows, width], from the last layer's states. To be called within `tf.tidy`. */
export function textVectors(
  model: Pick<TrainableModel, 'finalStates'>,
  states: HiddenStates,
  inputs: BatchInputs,
  { mode, dense }: TextPooling,
): tf.Tensor2D {
  const hidden = model.finalStates?.(states) ?? states.hidden;
  const pooled = weightedTokenMean(hidden, poolingWeights(inputs, mode));
  return l2NormalizeRows(dense.reduce(afterDense, pooled));
}

/** sentence-transformers' Dense: the activation of a linear layer. */
function afterDense(x: tf.Tensor2D, { weight, bias, activation, inFeatures, outFeatures }: DenseLayer): tf.Tensor2D {
  const product: tf.Tensor2D = tf.matMul(x, tf.tensor2d(weight, [outFeatures, inFeatures]), false, true);
  const moved: tf.Tensor2D = bias === null ? product : tf.add(product, tf.tensor1d(bias));
  return activation === 'tanh' ? tf.tanh(moved) : moved;
}

/** The weight of every token in the vector of its row [rows, tokens]: what sentence-transformers' Pooling computes is their sum. */
export function poolingWeights(inputs: BatchInputs, pooling: PoolingMode): tf.Tensor2D {
  const [rows = 0, tokens = 0] = inputs['input_ids']?.shape ?? [];
  const mask = inputs['attention_mask']?.data ?? new Int32Array(rows * tokens).fill(1);
  const weights = new Float32Array(rows * tokens);
  for (let row = 0; row < rows; row++) {
    const start = row * tokens;
    const own = mask.subarray(start, start + tokens);
    weights.set(rowWeights[pooling](own), start);
  }
  return tf.tensor2d(weights, [rows, tokens]);
}

type Mask = Float32Array | Int32Array;

/** Weights of a row's tokens, by its mask: 1 for a token, 0 for padding. */
const rowWeights: Readonly<Record<PoolingMode, (mask: Mask) => Float32Array>> = {
  mean: (mask) =>
    scaled(
      mask,
      (mask, at) => mask[at] ?? 0,
      (sum) => sum,
    ),
  cls: (mask) => oneAt(mask, mask.indexOf(1)),
  lasttoken: (mask) => oneAt(mask, mask.lastIndexOf(1)),
  // SGPT's: by the token's place, from 1.
  weightedmean: (mask) =>
    scaled(
      mask,
      (mask, at) => (mask[at] ?? 0) * (at + 1),
      (sum) => sum,
    ),
  mean_sqrt_len_tokens: (mask) => scaled(mask, (mask, at) => mask[at] ?? 0, Math.sqrt),
};

function scaled(
  mask: Mask,
  weight: (mask: Mask, at: number) => number,
  divisor: (sum: number) => number,
): Float32Array {
  const weights = Float32Array.from(mask, (_, at) => weight(mask, at));
  const by = Math.max(1e-9, divisor(weights.reduce((sum, value) => sum + value, 0)));
  return weights.map((value) => value / by);
}

function oneAt({ length }: Mask, place: number): Float32Array {
  const weights = new Float32Array(length);
  if (place >= 0) weights[place] = 1;
  return weights;
}
