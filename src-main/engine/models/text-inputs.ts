import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelInputs } from './base-model.ts';

/** Token inputs of a batch, validated. */
export interface TextInputs {
  /** [batch · tokens] int32 */
  readonly ids: tf.Tensor1D;
  readonly batch: number;
  /** Number of new tokens in each row. */
  readonly tokens: number;
  /** [batch, all tokens so far] float32, 1 to attend, 0 for padding; undefined where there is none. */
  readonly mask: tf.Tensor2D | undefined;
  /** Place of the last token of each row that is not padding; absent without padding. */
  readonly lastTokens?: Int32Array | undefined;
  /** Tokens of each sequence where rows hold several; undefined where every row is one. */
  readonly segments: readonly number[] | undefined;
  /** Positions of the new tokens, row by row; of a single row if all rows have the same. */
  readonly positions: Int32Array;
}

interface Limits {
  readonly vocabularySize: number;
  readonly maxPositions: number;
}

/**
 * Reads input_ids [batch, tokens] with attention_mask [batch, past + tokens] and position_ids [batch, tokens] if given.
 * Positions count from a row's first token that is not padding. With sequence_ids [batch, tokens], tokens of one number that stand
 * together in a row are a sequence of their own, and so are those of padding: positions count from its first token, and no mask
 * is needed.
 * @param number of tokens before these.
 * @throws StudioError invalid_input if a tensor is missing or an id is not in the vocabulary.
 */
export function readTextInputs(inputs: ModelInputs, limits: Limits, past = 0): TextInputs {
  const given = inputs['input_ids'];
  if (given === undefined) throw new StudioError('invalid_input', 'The inputs lack the tensor "input_ids".');
  const [batch = 0, tokens = 0] = given.shape;
  if (given.shape.length !== 2)
    throw new StudioError('invalid_input', `input_ids has the shape [${given.shape.join(', ')}], not [batch, tokens].`);
  for (const id of given.dataSync())
    if (!(id >= 0 && id < limits.vocabularySize))
      throw new StudioError(
        'invalid_input',
        `input_ids contains the token ${id}, but the model knows the tokens 0 to ${limits.vocabularySize - 1}.`,
        'The texts were tokenized with the tokenizer of another model.',
      );
  const ids = tf.reshape<tf.Rank.R1>(tf.cast(given, 'int32'), [batch * tokens]);
  const sequences = inputs['sequence_ids'];
  const segments = sequences && segmentsOf(sequences.dataSync(), tokens);
  const attended = segments ? null : readMask(inputs['attention_mask'], batch, past + tokens);
  const positions = segments
    ? restarting(segments)
    : readPositions(inputs['position_ids'], attended, { batch, tokens, past });
  const highest = positions.reduce((most, position) => Math.max(most, position), 0);
  if (highest >= limits.maxPositions)
    throw new StudioError(
      'invalid_input',
      `A text has ${highest + 1} tokens, but the model takes ${limits.maxPositions}.`,
      'Shorten the text, or cut it off at that many tokens.',
    );
  return {
    ids,
    batch,
    tokens,
    mask: attended === null ? undefined : tf.tensor2d(attended, [batch, past + tokens]),
    lastTokens: attended === null ? undefined : lastAttended(attended, batch, past + tokens),
    segments,
    positions,
  };
}

/** Place of the last token of each row that is not padding, among all places. */
function lastAttended(mask: Float32Array, batch: number, total: number): Int32Array {
  return Int32Array.from({ length: batch }, (_, row) => {
    const last = mask.subarray(row * total, (row + 1) * total).lastIndexOf(1);
    return row * total + Math.max(0, last);
  });
}

/** Returns the lengths of consecutive tokens with one number, row by row. */
function segmentsOf(numbers: ArrayLike<number>, tokens: number): number[] {
  const segments: number[] = [];
  for (let at = 0; at < numbers.length; at++)
    if (at % tokens === 0 || numbers[at] !== numbers[at - 1]) segments.push(1);
    else segments.push((segments.pop() ?? 0) + 1);
  return segments;
}

function restarting(segments: readonly number[]): Int32Array {
  return Int32Array.from(segments.flatMap((length) => Array.from({ length }, (_, index) => index)));
}

/** Null without padding. */
function readMask(given: tf.Tensor | undefined, batch: number, total: number): Float32Array | null {
  if (given === undefined) return null;
  if (given.shape.join() !== [batch, total].join())
    throw new StudioError(
      'invalid_input',
      `attention_mask has the shape [${given.shape.join(', ')}] where [${batch}, ${total}] is expected.`,
    );
  const mask = Float32Array.from(given.dataSync());
  return mask.every((value) => value === 1) ? null : mask;
}

function readPositions(
  given: tf.Tensor | undefined,
  mask: Float32Array | null,
  { batch, tokens, past }: { batch: number; tokens: number; past: number },
): Int32Array {
  if (given !== undefined) return Int32Array.from(given.dataSync());
  const total = past + tokens;
  const padded = Array.from({ length: batch }, (_, row) => {
    if (mask === null) return 0;
    const first = mask.subarray(row * total, (row + 1) * total).indexOf(1);
    return Math.max(0, first);
  });
  if (padded.every((count) => count === 0)) return Int32Array.from({ length: tokens }, (_, index) => past + index);
  return Int32Array.from(
    padded.flatMap((count) => Array.from({ length: tokens }, (_, index) => past + index - count)),
  ).map((position) => Math.max(0, position));
}

/** Ids of an input beside input_ids, as [rows]; null where it is missing. @throws StudioError invalid_input for others. */
export function givenIds(inputs: ModelInputs, name: string, rows: number, limit: number): tf.Tensor1D | null {
  const tensor = inputs[name];
  if (tensor === undefined) return null;
  if (tensor.size !== rows)
    throw new StudioError('invalid_input', `${name} has ${tensor.size} values where input_ids has ${rows}.`);
  for (const value of tensor.dataSync())
    if (!(value >= 0 && value < limit))
      throw new StudioError('invalid_input', `${name} contains ${value}, but the model knows 0 to ${limit - 1}.`);
  return tf.reshape<tf.Rank.R1>(tf.cast(tensor, 'int32'), [rows]);
}
