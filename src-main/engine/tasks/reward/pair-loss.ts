import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { BatchLoss } from '../../losses/batch-loss.ts';
import { preferenceLikelihood } from '../preference/losses/pair-margin.ts';
import { measuresOf } from '../preference/measures.ts';
import { weightedSum } from '../preference/scores.ts';

/**
 * TRL's loss of a batch of pairs: the mean of −log σ(chosen − rejected), plus `coefficient` times the mean of (chosen +
 * rejected)². The rows of all chosen answers come before those of the rejected ones.
 */
export function pairLoss(pairs: number, coefficient: number): BatchLoss {
  const loss: BatchLoss = {
    counted: () => pairs,
    compute: (model, _, measures) => (states) => {
      const outputs = model.head(states);
      const rewards = tf.reshape<tf.Rank.R1>(outputs, [2 * pairs]);
      measures?.observe(rewards, measuresOfPairs);
      return lossOfRewards(rewards, coefficient);
    },
    prepared: () => null,
    outputs: (model, states) => model.head(states),
    entropy: () => {
      throw new StudioError(
        'refused',
        'Rewards have no entropy.',
        'Choose a method that looks at the loss or at the outputs.',
      );
    },
    padded: () => loss,
  };
  return loss;
}

function lossOfRewards(rewards: tf.Tensor1D, coefficient: number): tf.Scalar {
  const pairs = rewards.size / 2;
  const equal = new Array<number>(pairs).fill(1 / pairs);
  const [chosen, rejected] = [tf.slice1d(rewards, 0, pairs), tf.slice1d(rewards, pairs, pairs)];
  const loss = weightedSum(preferenceLikelihood(tf.sub(chosen, rejected), 0), equal);
  if (coefficient === 0) return loss;
  const sums = tf.add<tf.Tensor1D>(chosen, rejected);
  return tf.add(loss, tf.mul(weightedSum(tf.mul<tf.Tensor1D>(sums, sums), equal), coefficient));
}

/** Measures of a batch under TRL's names. @param rewards of all chosen answers, then of the rejected ones */
export function measuresOfPairs(rewards: Float32Array) {
  const pairs = rewards.length / 2;
  return measuresOf(
    Array.from({ length: pairs }, (_, pair) => ({ chosen: rewards[pair] ?? 0, rejected: rewards[pairs + pair] ?? 0 })),
  );
}

/** Loss of one pair in double precision. */
export function lossOfPair(chosen: number, rejected: number, coefficient: number): number {
  const margin = chosen - rejected;
  return Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin))) + coefficient * (chosen + rejected) ** 2;
}
