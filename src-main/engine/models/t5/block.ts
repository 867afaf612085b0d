import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { type Activation, activate } from '../../ops/activation/activate.ts';
import { attention } from '../../ops/attention/attention.ts';
import { biasedAttention } from '../../ops/attention/biased-attention.ts';
import { rmsNorm } from '../../ops/normalization/rms-norm.ts';
import type { LinearRunner } from '../base-model.ts';
import type { KeyValueCache } from '../key-value-cache.ts';

/** A frozen root-mean-square normalization. */
export interface T5Norm {
  readonly scale: tf.Tensor1D;
  readonly epsilon: number;
}

/** Attention after a norm; it does not scale its scores. */
export interface T5Attention {
  readonly norm: T5Norm;
  readonly q: LinearModule;
  readonly k: LinearModule;
  readonly v: LinearModule;
  readonly o: LinearModule;
}

/** A block of the encoder or the decoder (Raffel et al. 2020): each part has a norm before it and a residual. */
export interface T5Block {
  readonly heads: number;
  readonly self: T5Attention;
  /** Attention to the encoder's states; null in the encoder. */
  readonly cross: T5Attention | null;
  readonly feedForward: {
    readonly norm: T5Norm;
    /** Linear whose activated output is multiplied with that of `up`; null: `up` is activated itself. */
    readonly gate: LinearModule | null;
    readonly up: LinearModule;
    readonly down: LinearModule;
    readonly activation: Activation;
  };
  /** Number of the block within its stack. */
  readonly index: number;
}

/** Rows of a block's stack, and the values that all blocks share. */
export interface T5Rows {
  /** [batch · tokens, hidden] */
  readonly hidden: tf.Tensor2D;
  readonly batch: number;
  readonly tokens: number;
  /** [heads, tokens, tokens so far]; in the decoder without later tokens. */
  readonly bias: tf.Tensor3D;
  /** States of the encoder [batch · tokens, hidden]; null where the cache has their keys and values, and in the encoder. */
  readonly encoded: tf.Tensor2D | null;
  /** Mask of the encoder's tokens [batch, tokens]; absent without padding. */
  readonly mask: tf.Tensor2D | undefined;
  readonly cache: KeyValueCache | undefined;
}

/** Returns the block's states, like `hidden`. */
export function runT5Block(block: T5Block, rows: T5Rows, runner: LinearRunner): tf.Tensor2D {
  // Each part frees its untaped tensors before the next one starts.
  const attended = tf.tidy(() => attendToOwn(block, rows, runner));
  const { cross } = block;
  const crossed = cross === null ? attended : tf.tidy(() => attendToEncoder(block, cross, attended, rows, runner));
  if (crossed !== attended) attended.dispose();
  const hidden = tf.tidy(() => feedForward(block, crossed, runner));
  crossed.dispose();
  return hidden;
}

export function applyT5Norm({ scale, epsilon }: T5Norm, x: tf.Tensor2D): tf.Tensor2D {
  return rmsNorm(x, scale, epsilon);
}

/** A block of the decoder has two places in the cache: for its own tokens, and for the encoder's. */
const ownPlace = (index: number) => 2 * index;
const encoderPlace = (index: number) => 2 * index + 1;

function attendToOwn({ self, heads, cross, index }: T5Block, rows: T5Rows, runner: LinearRunner): tf.Tensor2D {
  const { hidden, batch, tokens, bias, cache } = rows;
  const normalized = applyT5Norm(self.norm, hidden);
  const q = runner.linear(self.q, normalized);
  const own = { keys: runner.linear(self.k, normalized), values: runner.linear(self.v, normalized) };
  const { keys, values } = cache?.append(ownPlace(index), own.keys, own.values, batch) ?? own;
  const attended = biasedAttention(q, keys, values, bias, {
    ...{ batch, heads, queryTokens: tokens, tokens: tokens + (cache?.length ?? 0), scale: 1 },
    // Padding follows the tokens of a decoder, whose biases leave out later ones.
    mask: cross === null ? rows.mask : undefined,
  });
  return runner.linear(self.o, attended, { residual: hidden });
}

function attendToEncoder(
  { heads, index }: T5Block,
  cross: T5Attention,
  hidden: tf.Tensor2D,
  { batch, tokens, encoded, mask, cache }: T5Rows,
  runner: LinearRunner,
): tf.Tensor2D {
  const q = runner.linear(cross.q, applyT5Norm(cross.norm, hidden));
  const { keys, values } = ofEncoder();
  const attended = attention(q, keys, values, {
    ...{ batch, heads, mask, tokens: keys.shape[0] / batch, queryTokens: tokens, scale: 1 },
    bfloat16: runner.inBfloat16(cross.q),
  });
  return runner.linear(cross.o, attended, { residual: hidden });

  function ofEncoder(): { readonly keys: tf.Tensor2D; readonly values: tf.Tensor2D } {
    if (encoded === null) {
      const { keys, values } = cache?.stateOf(encoderPlace(index)) ?? {};
      if (!keys || !values) throw new Error('the cache lacks the states of the encoder');
      return { keys, values };
    }
    const own = { keys: runner.linear(cross.k, encoded), values: runner.linear(cross.v, encoded) };
    cache?.setState(encoderPlace(index), own, batch);
    return own;
  }
}

function feedForward({ feedForward: part }: T5Block, x: tf.Tensor2D, runner: LinearRunner): tf.Tensor2D {
  const normalized = applyT5Norm(part.norm, x);
  if (part.gate === null) {
    const inner = runner.linear(part.up, normalized);
    const { value, derivative } = activate(inner, part.activation, runner.taped);
    inner.dispose();
    return runner.linear(part.down, value, { residual: x, derivative });
  }
  const { value } = activate(runner.linear(part.gate, normalized), part.activation, false);
  return runner.linear(part.down, tf.mul(value, runner.linear(part.up, normalized)), { residual: x });
}
