import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { type Activated, type Activation, activate } from '../../ops/activation/activate.ts';
import { gated } from '../../ops/activation/gated.ts';
import { attention } from '../../ops/attention/attention.ts';
import { rotary } from '../../ops/attention/rotary.ts';
import { clsTokens } from '../../ops/indexing/cls-tokens.ts';
import { addScaled } from '../../ops/normalization/add-scaled.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';
import { applyNorm, type Norm } from './norm.ts';

/**
 * A pre-norm transformer layer: attention and the feed-forward part, each with a residual. Queries and keys are rotated if
 * the context has a rotary table.
 */
export interface PreNormBlock {
  readonly heads: number;
  readonly activation: Activation;
  /** Causal: tokens attend to no later ones. */
  readonly causal: boolean;
  readonly before: Norm;
  readonly after: Norm;
  readonly q: LinearModule;
  readonly k: LinearModule;
  readonly v: LinearModule;
  readonly o: LinearModule;
  readonly fc1: LinearModule;
  readonly fc2: LinearModule;
  /** Gated feed-forward part: the activated output of `gate` multiplies that of `fc1`. Default: fc1's output is activated. */
  readonly gate?: LinearModule;
  /** Layer scale: vectors that multiply the outputs of attention and of the feed-forward part. */
  readonly scales?: { readonly attention: tf.Tensor1D; readonly feedForward: tf.Tensor1D };
}

/**
 * `onlyFirstToken`: return the first token only, as the last layer of a classifier may. All tokens are still attended to;
 * unused states are not computed.
 */
export function runPreNormBlock(
  block: PreNormBlock,
  states: HiddenStates,
  runner: LinearRunner,
  onlyFirstToken: boolean,
): HiddenStates {
  const { tokens } = states;
  // Each half frees its untaped tensors before the next one starts.
  const middle = tf.tidy(() => attend(block, states, runner, onlyFirstToken));
  const hidden = tf.tidy(() => feedForward(block, middle, runner));
  middle.dispose();
  return { ...states, hidden, tokens: onlyFirstToken ? 1 : tokens };
}

function attend(
  block: PreNormBlock,
  { batch, tokens, hidden, context }: HiddenStates,
  runner: LinearRunner,
  onlyFirstToken: boolean,
): tf.Tensor2D {
  const normalized = applyNorm(block.before, hidden);
  const queries = onlyFirstToken ? clsTokens(normalized, tokens) : normalized;
  const [table] = context?.rotaries ?? [];
  const turned = (x: tf.Tensor2D) => (table ? rotary(x, table, block.heads) : x);
  const attended = attention(
    turned(runner.linear(block.q, queries)),
    turned(runner.linear(block.k, normalized)),
    runner.linear(block.v, normalized),
    {
      batch,
      tokens,
      heads: block.heads,
      queryTokens: onlyFirstToken ? 1 : tokens,
      causal: block.causal,
      mask: context?.mask,
      bfloat16: runner.inBfloat16(block.q),
    },
  );
  const residual = onlyFirstToken ? clsTokens(hidden, tokens) : hidden;
  if (block.scales) return addScaled(residual, runner.linear(block.o, attended), block.scales.attention);
  return runner.linear(block.o, attended, { residual });
}

function feedForward(block: PreNormBlock, x: tf.Tensor2D, runner: LinearRunner): tf.Tensor2D {
  const { value, derivative } = innerPart(block, applyNorm(block.after, x), runner);
  if (block.scales) return addScaled(x, runner.linear(block.fc2, value, { derivative }), block.scales.feedForward);
  return runner.linear(block.fc2, value, { residual: x, derivative });
}

/** The state between the linears of the feed-forward part. */
function innerPart(block: PreNormBlock, normalized: tf.Tensor2D, runner: LinearRunner): Activated {
  if (block.gate) {
    const [gate, up] = [runner.linear(block.gate, normalized), runner.linear(block.fc1, normalized)];
    return { value: gated(gate, up, block.activation) };
  }
  const inner = runner.linear(block.fc1, normalized);
  const activated = activate(inner, block.activation, runner.taped);
  inner.dispose();
  return activated;
}
