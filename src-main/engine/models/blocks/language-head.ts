import * as tf from '@tensorflow/tfjs-core';
import {
  type LinearModule,
  labelHead,
  type ModelDescription,
  scoreHead,
  withTaskHead,
} from '../../../../src-shared/domain/models/model.ts';
import { softCap } from '../../ops/activation/soft-cap.ts';
import { gatherRows } from '../../ops/indexing/gather-rows.ts';
import { scaled } from '../../ops/linear/add-multiple.ts';
import { labelLossOf } from '../../ops/loss/label-form.ts';
import { linearCrossEntropy, trainedRowsCrossEntropy } from '../../ops/loss/linear-cross-entropy.ts';
import type { BaseModel, HiddenStates, LinearRunner } from '../base-model.ts';
import type { HeadLayout } from '../decoder/layout.ts';
import type { FrozenTensors } from './weights.ts';

/** Factor and cap of a head's logits; the cap is 0 where there is none. */
type LogitOptions = Pick<HeadLayout, 'scale' | 'softcap'>;

/**
 * The head of a language model, and a loss that never has all logits in memory if the head is not adapted. An adapter may bring
 * a classifier, which reads the last token of each text.
 */
export function languageHead(
  description: ModelDescription,
  head: LinearModule,
  normalized: (states: HiddenStates, runner: LinearRunner) => tf.Tensor2D,
  tensors: FrozenTensors,
  { scale, softcap }: LogitOptions = { scale: 1, softcap: 0 },
): Required<Pick<BaseModel, 'head' | 'headProduct' | 'loss' | 'finalStates'>> {
  const classifier = labelHead(withTaskHead(description, scoreHead.task));
  const outputs = (states: HiddenStates, runner: LinearRunner) =>
    classifier !== undefined && runner.headTask === scoreHead.task && !runner.isPlain(classifier)
      ? runner.linear(classifier, normalized(lastTokens(states), runner))
      : softCap(runner.linear(head, scaled(normalized(states, runner), scale)), softcap);
  return {
    finalStates: normalized,
    head: outputs,
    headProduct(states, runner) {
      if (runner.headTask === scoreHead.task || !runner.isPlain(head)) return null;
      const { weight, bias, bfloat16 } = tensors.linear(head);
      return { states: scaled(normalized(states, runner), scale), weight, bias, bfloat16, softcap };
    },
    loss: (states, labels, runner, form) => {
      const rows = runner.trainedRows?.(head) ?? null;
      if (runner.headTask === scoreHead.task || (rows === null && !runner.isPlain(head)))
        return labelLossOf(form, outputs(states, runner), labels);
      const [hidden, weight] = [scaled(normalized(states, runner), scale), tensors.linear(head)];
      return rows === null
        ? linearCrossEntropy(hidden, weight, labels, softcap, form)
        : trainedRowsCrossEntropy(hidden, weight, rows, labels, softcap, form);
    },
  };
}

/** The head of a decoder that labels each text by its last token, or each token. */
export function classifierHead(
  body: Pick<BaseModel, 'embed' | 'layer' | 'layerCount'>,
  kind: ModelDescription['kind'],
  linear: LinearModule,
  normalized: (states: HiddenStates, runner: LinearRunner) => tf.Tensor2D,
): Required<Pick<BaseModel, 'head' | 'finalStates'>> & Pick<BaseModel, 'outputs'> {
  const isOfTexts = kind === 'text-classification';
  const head = (states: HiddenStates, runner: LinearRunner) =>
    runner.linear(linear, normalized(isOfTexts ? lastTokens(states) : states, runner));
  if (isOfTexts) return { finalStates: normalized, head };
  return {
    finalStates: normalized,
    head,
    outputs: (inputs, runner) => {
      let states = body.embed(inputs, runner);
      for (let index = 0; index < body.layerCount; index++) states = body.layer(index, states, runner);
      return { logits: tf.reshape(head(states, runner), [states.batch, states.tokens, -1]) };
    },
  };
}

/** The states of the last token of each row that is not padding. */
function lastTokens({ hidden, batch, tokens, context }: HiddenStates): HiddenStates {
  const places = context?.lastTokens ?? Int32Array.from({ length: batch }, (_, row) => (row + 1) * tokens - 1);
  return { hidden: gatherRows(hidden, tf.tensor1d(places, 'int32')), batch, tokens: 1 };
}
