import * as tf from '@tensorflow/tfjs-core';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { HiddenStates, ModelInputs } from '../models/base-model.ts';
import { gatherRows, weightedTokenMean } from '../ops/index.ts';
import { lastReadable, type ReadableTokens } from './readable-tokens.ts';

/** Texts with answers, of which a router may read the prompts. */
export interface AnsweredTexts {
  /** Ids of the tokens, row-major. */
  readonly ids: Int32Array;
  readonly readable: ReadableTokens;
}

/** Inputs of one batch as a router reads them. */
export interface ReadInputs {
  readonly inputs: ModelInputs;
  /** Null for images, and for texts without answers. */
  readonly answered: AnsweredTexts | null;
}

/** Images or texts in a batch. */
export function rowsOf(inputs: ModelInputs): number {
  return (inputs['input_ids'] ?? inputs['pixel_values'] ?? Object.values(inputs)[0])?.shape[0] ?? 0;
}

/** Measures of a batch that routers use. All methods are to be called within `tf.tidy`. */
export class RowReading {
  private readonly plain: AdaptedModel;
  private readonly members: readonly AdaptedModel[];
  private readonly given: ReadInputs;

  /** @param plain the base alone */
  constructor(plain: AdaptedModel, members: readonly AdaptedModel[], given: ReadInputs) {
    this.plain = plain;
    this.members = members;
    this.given = given;
  }

  /** Images or texts in the batch. */
  get rows(): number {
    return rowsOf(this.given.inputs);
  }

  /** Mean of the base's last states over the tokens that may be read [rows, width]. */
  baseStates(): tf.Tensor2D {
    return meanStates(this.plain, this.given);
  }

  /** Entropy in nats of each adapter's predicted classes, or of its next token after the prompt [rows, adapters]. */
  entropies(): tf.Tensor2D {
    return this.byMember((member) => {
      const states = member.states(this.given.inputs);
      const outputs = member.head(this.atLastToken(states));
      const logs = tf.logSoftmax(outputs);
      const values = tf.neg(tf.sum<tf.Tensor1D>(tf.mul(tf.exp(logs), logs), 1));
      return this.meanOfRows(values);
    });
  }

  /** Mean cross-entropy in nats of the prompt's tokens after the first [rows, adapters]; 0 for a prompt of one token. */
  promptLosses(): tf.Tensor2D {
    const { answered } = this.given;
    if (answered === null) throw new Error('the inputs have no prompt');
    const { ids, readable } = answered;
    return this.byMember((member) => {
      const states = member.states(this.given.inputs);
      return tf.stack(promptPlaces(readable).map((places) => promptLoss(member, states, places, ids))) as tf.Tensor1D;
    });
  }

  private byMember(measure: (member: AdaptedModel) => tf.Tensor1D): tf.Tensor2D {
    return tf.stack(
      this.members.map((member) => tf.tidy(() => measure(member))),
      1,
    ) as tf.Tensor2D;
  }

  /** States of the last readable token of each row, where the model predicts every token. */
  private atLastToken(states: HiddenStates): HiddenStates {
    const readable = this.given.answered?.readable;
    if (readable === undefined || states.tokens !== readable.tokens) return states;
    const hidden = gatherRows(states.hidden, tf.tensor1d(lastReadable(readable), 'int32'));
    return { ...states, hidden, batch: readable.rows, tokens: 1 };
  }

  /** One value for each row: the value itself, or the mean over its readable tokens. */
  private meanOfRows(values: tf.Tensor1D): tf.Tensor1D {
    const { rows } = this;
    if (values.size === rows) return values;
    const tokens = values.size / rows;
    const weights = tokenShares(this.given, rows, tokens);
    return tf.sum<tf.Tensor1D>(tf.mul(tf.reshape(values, [rows, tokens]), weights), 1);
  }
}

/** Mean of a model's last states over the tokens that may be read [rows, width]. To be called within `tf.tidy`. */
export function meanStates(model: AdaptedModel, given: ReadInputs): tf.Tensor2D {
  const states = model.states(given.inputs);
  return weightedTokenMean(model.finalStates(states), tokenShares(given, states.batch, states.tokens));
}

/** Share of each token in the mean over the tokens of its row that may be read [rows, tokens]. */
function tokenShares({ inputs, answered }: ReadInputs, rows: number, tokens: number): tf.Tensor2D {
  const attended = inputs['attention_mask'];
  // A last layer may give the class token alone.
  const mask =
    answered?.readable.tokens === tokens
      ? tf.tensor2d(answered.readable.mask, [rows, tokens])
      : attended?.size === rows * tokens
        ? tf.reshape<tf.Rank.R2>(tf.cast(attended, 'float32'), [rows, tokens])
        : tf.ones<tf.Rank.R2>([rows, tokens]);
  return tf.div(mask, tf.maximum(tf.sum(mask, 1, true), 1));
}

/** Places of each row's prompt among all tokens. */
function promptPlaces({ rows, tokens, mask }: ReadableTokens): number[][] {
  return Array.from({ length: rows }, (_, row) => {
    const places: number[] = [];
    for (let at = row * tokens; at < (row + 1) * tokens; at++) if (mask[at] === 1) places.push(at);
    return places;
  });
}

function promptLoss(model: AdaptedModel, states: HiddenStates, places: readonly number[], ids: Int32Array): tf.Scalar {
  const before = places.slice(0, -1);
  if (before.length === 0) return tf.scalar(0);
  const hidden = gatherRows(states.hidden, tf.tensor1d(before, 'int32'));
  const labels = tf.tensor1d(
    places.slice(1).map((place) => ids[place] ?? 0),
    'int32',
  );
  return model.loss({ ...states, hidden, batch: before.length, tokens: 1 }, labels);
}
