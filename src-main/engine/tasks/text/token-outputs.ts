import * as tf from '@tensorflow/tfjs-core';
import type { AdaptedModel } from '../../adapters/adapted-model.ts';
import { stateTensors } from '../../adapters/tidy-hidden-states.ts';
import {
  type EvaluationOptions,
  type LoadBatch,
  refuseCancelled,
  refuseNoExamples,
} from '../../evaluation/evaluation.ts';
import type { TaskOutputs } from '../../evaluation/task-outputs.ts';
import { ignoredLabel } from '../../ops/loss/softmax-cross-entropy.ts';
import { deviceInputs } from '../../training/device-inputs.ts';
import { tokenScores } from './token-scores.ts';

/**
 * Outputs of a language model for the tokens in the loss of the examples `indices`.
 * @throws StudioError invalid_input without examples, not_finite, cancelled.
 */
export async function tokenOutputs(
  model: AdaptedModel,
  load: LoadBatch,
  indices: Int32Array,
  options: EvaluationOptions,
): Promise<Extract<TaskOutputs, { kind: 'tokens' }> & { readonly exact: number }> {
  refuseNoExamples(indices.length);
  let [lossSum, tokens, right, exact] = [0, 0, 0, 0];
  for (let start = 0; start < indices.length; start += options.batchSize) {
    await refuseCancelled(options);
    const some = indices.subarray(start, start + options.batchSize);
    const { inputs, labels } = await load(some);
    const device = deviceInputs(inputs);
    const states = model.states(device);
    try {
      const { losses, leads } = await tokenScores(model, states, labels);
      for (const loss of losses) lossSum += loss;
      for (const lead of leads) right += lead;
      tokens += losses.length;
      exact += exactRows(labels, leads, some.length);
    } finally {
      tf.dispose([...stateTensors(states), ...Object.values(device)]);
    }
    await options.onProgress?.(start + some.length, indices.length);
  }
  return { kind: 'tokens', lossSum, tokens, right, exact: exact / indices.length };
}

/** Rows of `labels` [rows · width] all of whose tokens lead; `leads` has one for each label that counts, in order. */
function exactRows(labels: Int32Array, leads: Float32Array, rows: number): number {
  const width = labels.length / rows;
  const missed = new Set<number>();
  let at = 0;
  for (const [place, label] of labels.entries()) {
    if (label === ignoredLabel) continue;
    if (leads[at++] === 0) missed.add(Math.floor(place / width));
  }
  return rows - missed.size;
}
