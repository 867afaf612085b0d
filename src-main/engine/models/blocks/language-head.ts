import * as tf from '@tensorflow/tfjs-core';
import {
  type LinearModule,
  labelHead,
  type ModelDescription,
  scoreHead,
  withTaskHead,
} from '../../../../src-shared/domain/models/model.ts';
import { gatherRows } from '../../ops/indexing/gather-rows.ts';
import { linearCrossEntropy } from '../../ops/loss/linear-cross-entropy.ts';
import { softmaxCrossEntropy } from '../../ops/loss/softmax-cross-entropy.ts';
import type { BaseModel, HiddenStates, LinearRunner } from '../base-model.ts';
import type { FrozenTensors } from './weights.ts';

/**
 * The head of a language model, and a loss that never has all logits in memory if the head is not adapted. An adapter may bring
 * a classifier, which reads the last token of each text.
 */
export function languageHead(
  description: ModelDescription,
  head: LinearModule,
  normalized: (states: HiddenStates) => tf.Tensor2D,
  tensors: FrozenTensors,
): Required<Pick<BaseModel, 'head' | 'loss' | 'finalStates'>> {
  const classifier = labelHead(withTaskHead(description, scoreHead.task));
  const outputs = (states: HiddenStates, runner: LinearRunner) =>
    classifier !== undefined && runner.headTask === scoreHead.task && !runner.isPlain(classifier)
      ? runner.linear(classifier, normalized(lastTokens(states)))
      : runner.linear(head, normalized(states));
  return {
    finalStates: normalized,
    head: outputs,
    loss: (states, labels, runner) =>
      runner.isPlain(head) && runner.headTask !== scoreHead.task
        ? linearCrossEntropy(normalized(states), tensors.linear(head), labels)
        : softmaxCrossEntropy(outputs(states, runner), labels),
  };
}

/** The states of the last token of each row that is not padding. */
function lastTokens({ hidden, batch, tokens, context }: HiddenStates): HiddenStates {
  const places = context?.lastTokens ?? Int32Array.from({ length: batch }, (_, row) => (row + 1) * tokens - 1);
  return { hidden: gatherRows(hidden, tf.tensor1d(places, 'int32')), batch, tokens: 1 };
}
