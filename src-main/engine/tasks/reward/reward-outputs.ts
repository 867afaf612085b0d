import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import { deviceInputs } from '../../losses/batch-inputs.ts';
import type { MicroBatch } from '../../losses/batch-loss.ts';
import { refuseCancelled } from '../../outcomes/evaluation-steps.ts';
import type { PreferenceOutputs } from '../../outcomes/preferences.ts';
import { type EvaluationOptions, notFiniteOutputs, refuseNoExamples } from '../shared/head-outputs.ts';
import { byLength, inGivenOrder } from '../shared/test-order.ts';
import { lossOfPair } from './pair-loss.ts';

/** Test pairs: their batches, chosen answers first, and their lengths in tokens. */
export interface RewardPairs {
  load(pairs: readonly number[]): MicroBatch;
  lengthOf(pair: number): number;
  readonly coefficient: number;
}

/**
 * Rewards and losses of the pairs `indices`, in their order.
 * @throws StudioError invalid_input without examples, refused without a head, not_finite, cancelled.
 */
export async function rewardOutputs(
  model: AdaptedModel,
  { load, lengthOf, coefficient }: RewardPairs,
  indices: Int32Array,
  options: EvaluationOptions,
): Promise<PreferenceOutputs> {
  refuseNoExamples(indices.length);
  const run = byLength(indices, (pair) => 2 * lengthOf(pair), options.batchSize);
  const [chosen, rejected] = [new Float64Array(indices.length), new Float64Array(indices.length)];
  for (let start = 0; start < indices.length; start += run.batchSize) {
    await refuseCancelled(options);
    const pairs = [...run.sorted.subarray(start, start + run.batchSize)];
    const rewards = await rewardsOf(model, load(pairs).inputs);
    chosen.set(rewards.subarray(0, pairs.length), start);
    rejected.set(rewards.subarray(pairs.length), start);
    await options.onProgress?.(start + pairs.length, indices.length);
  }
  const losses = chosen.map((reward, at) => lossOfPair(reward, rejected[at] ?? 0, coefficient));
  return {
    kind: 'preferences',
    losses: inGivenOrder(losses, run),
    chosen: inGivenOrder(chosen, run),
    rejected: inGivenOrder(rejected, run),
  };
}

/** Rewards of rows of tokens. @throws StudioError refused for a model without a head of one output, not_finite */
export async function rewardsOf(model: AdaptedModel, inputs: MicroBatch['inputs']): Promise<Float32Array> {
  const rows = inputs['input_ids']?.shape[0];
  const outputs = tf.tidy(() => model.forward(deviceInputs(inputs)));
  try {
    if (outputs.shape[0] !== rows || outputs.shape[1] !== 1)
      throw new StudioError(
        'refused',
        'The model has no head that gives a text one reward.',
        'Choose an adapter that was trained with the task reward.',
      );
    const rewards = await outputs.data<'float32'>();
    if (!rewards.every(Number.isFinite)) throw notFiniteOutputs();
    return rewards;
  } finally {
    outputs.dispose();
  }
}
