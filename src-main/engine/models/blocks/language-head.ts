import type * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/model.ts';
import { linearCrossEntropy } from '../../ops/loss/linear-cross-entropy.ts';
import { softmaxCrossEntropy } from '../../ops/loss/softmax-cross-entropy.ts';
import type { BaseModel, HiddenStates } from '../base-model.ts';
import type { FrozenTensors } from './weights.ts';

/** The head of a language model, and a loss that never has all logits in memory if the head is not adapted. */
export function languageHead(
  head: LinearModule,
  normalized: (states: HiddenStates) => tf.Tensor2D,
  tensors: FrozenTensors,
): Required<Pick<BaseModel, 'head' | 'loss' | 'finalStates'>> {
  return {
    finalStates: normalized,
    head: (states, runner) => runner.linear(head, normalized(states)),
    loss: (states, labels, runner) =>
      runner.isPlain(head)
        ? linearCrossEntropy(normalized(states), tensors.linear(head), labels)
        : softmaxCrossEntropy(runner.linear(head, normalized(states)), labels),
  };
}
