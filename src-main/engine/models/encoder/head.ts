import * as tf from '@tensorflow/tfjs-core';
import {
  type LinearModule,
  labelHead,
  type ModelDescription,
  tokenHeads,
  withTaskHead,
} from '../../../../src-shared/domain/models/model.ts';
import { activate } from '../../ops/activation/activate.ts';
import { clsTokens } from '../../ops/indexing/cls-tokens.ts';
import { l2NormalizeRows } from '../../ops/normalization/l2-normalize-rows.ts';
import type { BaseModel, HiddenStates, LinearRunner } from '../base-model.ts';
import { applyDecoderNorm, type DecoderNorm } from '../blocks/decoder-norm.ts';
import { meanOfTokens } from '../blocks/text-embedding.ts';
import type { HeadPart, HeadPlan } from './plan.ts';

interface EncoderHead {
  /** Returns true if the outputs come from the first token alone, so that the last layer need not compute the others. */
  readsFirstToken(runner: LinearRunner): boolean;
  outputs(
    body: Pick<BaseModel, 'embed' | 'layer' | 'layerCount'>,
  ): Required<Pick<BaseModel, 'head' | 'outputs'>> & Pick<BaseModel, 'finalStates'>;
}

/**
 * The head of an encoder. With a classifier, its own or an adapter's, the outputs are logits of texts [batch, labels] or of tokens
 * [batch · tokens, labels]; without one, normalized embeddings: the mean of each text's last states.
 * @param finalStates gives the last layer's states as a model without a head does; null: they are unchanged
 * @param normOf norm behind a part of the head
 */
export function encoderHead(
  description: ModelDescription,
  { head, pooling, labelsTokens }: HeadPlan,
  module: (name: string) => LinearModule,
  finalStates: BaseModel['finalStates'] | null,
  normOf: (part: HeadPart) => DecoderNorm | null = () => null,
): EncoderHead {
  const normalized = (states: HiddenStates, runner: LinearRunner) => finalStates?.(states, runner) ?? states.hidden;
  const parts = head.map((part) => ({ module: module(part.name), activation: part.activation, norm: normOf(part) }));
  const tokenParts = parts.filter(({ module }) => module.place === 'before-head');
  const taskHeads = new Map([...tokenHeads.keys()].map((task) => [task, labelHead(withTaskHead(description, task))]));
  /** The linear with an output for each label of a token; null where the outputs are of whole texts. */
  const tokenHead = (runner: LinearRunner) =>
    labelsTokens ? labelHead(description) : (taskHeads.get(runner.headTask ?? '') ?? null);
  const classifies = (runner: LinearRunner) =>
    parts.every(({ module: part }) => !part.isMissing || !runner.isPlain(part));
  const through = (list: typeof parts, states: tf.Tensor2D, runner: LinearRunner) => {
    let x = states;
    let derivative: tf.Tensor2D | undefined;
    for (const { module: part, activation, norm } of list) {
      x = runner.linear(part, x, { derivative });
      derivative = undefined;
      // A norm reads the activated state too, so that no linear can apply the derivative.
      if (activation) ({ value: x, derivative } = activate(x, activation, runner.taped && norm === null));
      if (norm) x = applyDecoderNorm(norm, x);
    }
    return x;
  };
  const outputOf = (states: HiddenStates, runner: LinearRunner): tf.Tensor2D => {
    const last = normalized(states, runner);
    const ofTokens = tokenHead(runner);
    if (ofTokens) return runner.linear(ofTokens, through(tokenParts, last, runner));
    if (!classifies(runner)) return l2NormalizeRows(meanOfTokens({ ...states, hidden: last }));
    switch (pooling) {
      case 'first':
        return through(parts, clsTokens(last, states.tokens), runner);
      case 'mean':
        return through(parts, meanOfTokens({ ...states, hidden: last }), runner);
      case 'late':
        return meanOfTokens({ ...states, hidden: through(parts, last, runner) });
    }
  };
  return {
    readsFirstToken: (runner) => pooling === 'first' && !tokenHead(runner) && classifies(runner),
    outputs: ({ embed, layer, layerCount }) => ({
      head: outputOf,
      ...(finalStates && { finalStates }),
      outputs: (inputs, runner) => {
        let states = embed(inputs, runner);
        for (let index = 0; index < layerCount; index++) states = layer(index, states, runner);
        const { batch, tokens } = states;
        const output = outputOf(states, runner);
        if (tokenHead(runner)) return { logits: tf.reshape(output, [batch, tokens, -1]) };
        if (classifies(runner)) return { logits: output };
        return {
          last_hidden_state: tf.reshape(normalized(states, runner), [batch, tokens, description.hiddenSize]),
          embeddings: output,
        };
      },
    }),
  };
}
