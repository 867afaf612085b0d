import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/model.ts';
import { attention } from '../../ops/attention.ts';
import { gatedSilu } from '../../ops/gated-silu.ts';
import { rmsNorm } from '../../ops/rms-norm.ts';
import { type RotaryTable, rotary } from '../../ops/rotary.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';

/** A frozen root-mean-square normalisation. */
export interface RmsNorm {
  readonly scale: tf.Tensor1D;
  readonly epsilon: number;
}

/**
 * A decoder layer of the Llama family (Touvron et al. 2023): it normalises before attention and before the gated feed-forward
 * part, both with a residual; positions are turned into queries and keys. Whether a linear has a bias is the linear's affair.
 */
export interface DecoderBlock {
  readonly heads: number;
  /** Heads of keys and values; each serves heads / keyValueHeads heads of queries. */
  readonly keyValueHeads: number;
  /** Tokens see only the last so many; 0: all before them. */
  readonly window: number;
  readonly before: RmsNorm;
  readonly after: RmsNorm;
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
  // Each half gives back what no tape holds before the next one begins.
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
  const normalised = rmsNorm(hidden, block.before.scale, block.before.epsilon);
  const attended = attention(
    rotary(runner.linear(block.q, normalised), table, heads),
    rotary(runner.linear(block.k, normalised), table, keyValueHeads),
    runner.linear(block.v, normalised),
    { batch, tokens, heads, keyValueHeads, causal: true, window, mask: context?.mask },
  );
  return runner.linear(block.o, attended, { residual: hidden });
}

function feedForward(block: DecoderBlock, x: tf.Tensor2D, runner: LinearRunner): tf.Tensor2D {
  const normalised = rmsNorm(x, block.after.scale, block.after.epsilon);
  const inner = gatedSilu(runner.linear(block.gate, normalised), runner.linear(block.up, normalised));
  return runner.linear(block.down, inner, { residual: x });
}

/** Angles position · theta^(−2i / headSize) of Su et al. 2021, made in double precision: one row a position. */
export function rotaryTable(positions: ArrayLike<number>, headSize: number, theta: number): RotaryTable {
  const half = headSize / 2;
  const [cos, sin] = [new Float32Array(positions.length * half), new Float32Array(positions.length * half)];
  for (let row = 0; row < positions.length; row++)
    for (let index = 0; index < half; index++) {
      const angle = (positions[row] ?? 0) * theta ** ((-2 * index) / headSize);
      cos[row * half + index] = Math.cos(angle);
      sin[row * half + index] = Math.sin(angle);
    }
  const shape: [number, number] = [positions.length, half];
  return { cos: tf.tensor2d(cos, shape), sin: tf.tensor2d(sin, shape) };
}
