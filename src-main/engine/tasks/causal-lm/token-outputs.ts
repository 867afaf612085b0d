import * as tf from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../../adapters/model/ensemble-model.ts';
import { stateTensors } from '../../adapters/passes/tidy-hidden-states.ts';
import { deviceInputs } from '../../losses/batch-inputs.ts';
import type { LabelLoss } from '../../losses/batch-loss.ts';
import { ignoredLabel } from '../../ops/loss/softmax-cross-entropy.ts';
import { refuseCancelled } from '../../outcomes/evaluation-steps.ts';
import type { TokenOutputs } from '../../outcomes/tokens.ts';
import { type EvaluationOptions, type LoadBatch, refuseNoExamples } from '../shared/head-outputs.ts';
import { byLength, inGivenOrder } from '../shared/test-order.ts';
import { tokenScores } from '../shared/token-scores.ts';

/**
 * Outputs of a language model for the tokens in the loss of the examples `indices`, in their order. A batch has examples of
 * similar length.
 * @throws StudioError invalid_input without examples, not_finite, cancelled.
 */
export async function tokenOutputs(
  model: LanguageModel,
  load: LoadBatch<LabelLoss>,
  indices: Int32Array,
  lengthOf: (index: number) => number,
  options: EvaluationOptions,
): Promise<Omit<TokenOutputs, 'completions'>> {
  const run = byLength(indices, lengthOf, options.batchSize);
  const count = indices.length;
  refuseNoExamples(count);
  const lossSums = new Float64Array(count);
  const endLossSums = new Float64Array(count);
  const [tokens, right, ends] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  for (let start = 0; start < count; start += run.batchSize) {
    await refuseCancelled(options);
    const some = run.sorted.subarray(start, start + run.batchSize);
    const { inputs, loss } = await load(some);
    const { labels, ends: isEnd } = loss;
    const device = deviceInputs(inputs);
    model.announce?.(inputs, labels);
    const states = model.states(device);
    try {
      const { losses, leads } = await tokenScores(model, states, labels);
      const width = labels.length / some.length;
      // Scores are of the labels that count, in order.
      let at = 0;
      for (const [place, label] of labels.entries()) {
        if (label === ignoredLabel) continue;
        const example = start + Math.floor(place / width);
        lossSums[example] = (lossSums[example] ?? 0) + (losses[at] ?? 0);
        right[example] = (right[example] ?? 0) + (leads[at] ?? 0);
        tokens[example] = (tokens[example] ?? 0) + 1;
        if (isEnd?.[place] === 1) {
          endLossSums[example] = (endLossSums[example] ?? 0) + (losses[at] ?? 0);
          ends[example] = (ends[example] ?? 0) + 1;
        }
        at++;
      }
    } finally {
      tf.dispose([...stateTensors(states), ...Object.values(device)]);
    }
    await options.onProgress?.(start + some.length, count);
  }
  return {
    kind: 'tokens',
    lossSums: inGivenOrder(lossSums, run),
    tokens: inGivenOrder(tokens, run),
    right: inGivenOrder(right, run),
    endLossSums: inGivenOrder(endLossSums, run),
    ends: inGivenOrder(ends, run),
  };
}
