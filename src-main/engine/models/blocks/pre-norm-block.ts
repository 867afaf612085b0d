import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { type Activation, activate } from '../../ops/activation/activate.ts';
import { attention } from '../../ops/attention/attention.ts';
import { clsTokens } from '../../ops/indexing/cls-tokens.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';
import { applyNorm, type Norm } from './norm.ts';

/** A pre-norm transformer layer: attention and the feed-forward part, each with a residual. */
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
  const attended = attention(
    runner.linear(block.q, queries),
    runner.linear(block.k, normalized),
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
  return runner.linear(block.o, attended, { residual });
}

function feedForward(block: PreNormBlock, x: tf.Tensor2D, runner: LinearRunner): tf.Tensor2D {
  const inner = runner.linear(block.fc1, applyNorm(block.after, x));
  const { value, derivative } = activate(inner, block.activation, runner.taped);
  inner.dispose();
  return runner.linear(block.fc2, value, { residual: x, derivative });
}
