import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelInputs } from '../base-model.ts';
import { readTextInputs, type TextInputs } from '../text-inputs.ts';
import type { EncoderPlan } from './plan.ts';

export interface EncoderInputs extends Omit<TextInputs, 'positions' | 'segments'> {
  /** Position ids of every token [batch · tokens]; null if positions are not learned. */
  readonly positions: tf.Tensor1D | null;
  /** Token type ids of every token [batch · tokens]; null if the model has none. */
  readonly types: tf.Tensor1D | null;
}

/**
 * input_ids [batch, tokens], with attention_mask, token_type_ids (default 0) and position_ids if given.
 * @throws StudioError invalid_input if a tensor is missing, has another shape or an id out of range.
 */
export function readEncoderInputs(inputs: ModelInputs, plan: EncoderPlan): EncoderInputs {
  const limits = { vocabularySize: plan.vocabularySize, maxPositions: Number.POSITIVE_INFINITY };
  const { ids, batch, tokens, mask } = readTextInputs(inputs, limits);
  if (tokens > plan.maxTokens)
    throw new StudioError(
      'invalid_input',
      `A text has ${tokens} tokens, but the model takes ${plan.maxTokens}.`,
      'Shorten the text, or cut it off at that many tokens.',
    );
  const rows = batch * tokens;
  const positions = plan.positions
    ? (given(inputs, 'position_ids', rows, plan.positions.rows) ??
      tf.tensor1d(positionsOf(plan.positions.padding, ids, tokens), 'int32'))
    : null;
  const types =
    plan.types > 0
      ? (given(inputs, 'token_type_ids', rows, plan.types) ?? tf.tensor1d(new Int32Array(rows), 'int32'))
      : null;
  return { ids, batch, tokens, mask, positions, types };
}

function positionsOf(padding: number | null, ids: tf.Tensor1D, tokens: number): Int32Array {
  if (padding === null) return Int32Array.from({ length: ids.size }, (_, index) => index % tokens);
  let count = 0;
  return Int32Array.from(ids.dataSync(), (id, index) => {
    if (index % tokens === 0) count = 0;
    return id === padding ? padding : padding + ++count;
  });
}

function given(inputs: ModelInputs, name: string, rows: number, limit: number): tf.Tensor1D | null {
  const tensor = inputs[name];
  if (tensor === undefined) return null;
  if (tensor.size !== rows)
    throw new StudioError('invalid_input', `${name} has ${tensor.size} values where input_ids has ${rows}.`);
  for (const value of tensor.dataSync())
    if (!(value >= 0 && value < limit))
      throw new StudioError('invalid_input', `${name} contains ${value}, but the model knows 0 to ${limit - 1}.`);
  return tf.reshape<tf.Rank.R1>(tf.cast(tensor, 'int32'), [rows]);
}
