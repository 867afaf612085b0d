import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { gatedSilu } from '../../ops/activation/gated-silu.ts';
import { attention } from '../../ops/attention/attention.ts';
import { attentionBySegment } from '../../ops/attention/attention-by-segment.ts';
import { rotary } from '../../ops/attention/rotary.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import { rmsNorm } from '../../ops/normalization/rms-norm.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';

/** A frozen root-mean-square normalization. */
export interface RmsNorm {
  readonly scale: tf.Tensor1D;
  readonly epsilon: number;
}

/**
 * A decoder layer of the Llama family (Touvron et al. 2023): it normalizes before attention and before the gated
 * feed-forward part, both with a residual; queries and keys are rotated by position. Each linear has a bias or not by
 * itself.
 */
export interface DecoderBlock {
  readonly layer: number;
  readonly heads: number;
  /** Heads of keys and values; each serves heads / keyValueHeads heads of queries. */
  readonly keyValueHeads: number;
  /** Sliding window in tokens; 0: no limit. */
  readonly window: number;
  readonly before: RmsNorm;
  readonly after: RmsNorm;
  /** Normalization of each head of queries and keys before the rotation (Qwen 3). */
  readonly queryNorm: RmsNorm | null;
  readonly keyNorm: RmsNorm | null;
  readonly q: LinearModule;
  readonly k: LinearModule;
  readonly v: LinearModule;
  readonly o: LinearModule;
  readonly gate: LinearModule;
  readonly up: LinearModule;
  readonly down: LinearModule;
}

/** The context of `states` must have a rotary table. */
export function runDecoderBlock(block: DecoderBlock, states: HiddenStates, runner: LinearRunner): HiddenStates {
  // Each half frees its untaped tensors before the next one starts.
  const middle = tf.tidy(() => attend(block, states, runner));
  const hidden = tf.tidy(() => feedForward(block, middle, runner));
  middle.dispose();
  return { ...states, hidden };
}

function attend(block: DecoderBlock, states: HiddenStates, runner: LinearRunner): tf.Tensor2D {
  const { batch, tokens, hidden, context } = states;
  const { heads, keyValueHeads, window } = block;
  const table = context?.rotary;
  if (table === undefined) throw new Error('a decoder block needs a table of positions');
  const normalized = rmsNorm(hidden, block.before.scale, block.before.epsilon);
  const q = rotary(byHead(runner.linear(block.q, normalized), block.queryNorm), table, heads);
  const own = {
    keys: rotary(byHead(runner.linear(block.k, normalized), block.keyNorm), table, keyValueHeads),
    values: runner.linear(block.v, normalized),
  };
  const shape = { heads, keyValueHeads, causal: true, window, bfloat16: runner.inBfloat16(block.q) };
  if (context?.segments) {
    const attended = attentionBySegment(q, own.keys, own.values, context.segments, shape);
    return runner.linear(block.o, attended, { residual: hidden });
  }
  const cache = context?.cache;
  const { keys, values } = cache?.append(block.layer, own.keys, own.values, batch) ?? own;
  const seen = tokens + (cache?.length ?? 0);
  const rows = { batch, tokens: seen, queryTokens: tokens, mask: context?.mask };
  return runner.linear(block.o, attention(q, keys, values, { ...shape, ...rows }), { residual: hidden });
}

/** Normalizes the heads one by one: x [rows, heads · headSize]. */
function byHead(x: tf.Tensor2D, norm: RmsNorm | null): tf.Tensor2D {
  if (norm === null) return x;
  const parted = as2D(tf.reshape(x, [-1, norm.scale.size]));
  return as2D(tf.reshape(rmsNorm(parted, norm.scale, norm.epsilon), x.shape));
}

function feedForward(block: DecoderBlock, x: tf.Tensor2D, runner: LinearRunner): tf.Tensor2D {
  const normalized = rmsNorm(x, block.after.scale, block.after.epsilon);
  const inner = gatedSilu(runner.linear(block.gate, normalized), runner.linear(block.up, normalized));
  return runner.linear(block.down, inner, { residual: x });
}
