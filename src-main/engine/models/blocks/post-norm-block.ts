import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { type Activation, activate } from '../../ops/activation/activate.ts';
import { attention } from '../../ops/attention/attention.ts';
import { biasedAttention } from '../../ops/attention/biased-attention.ts';
import { clsTokens } from '../../ops/indexing/cls-tokens.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';
import { type DistanceLinears, distanceAttention } from './distance-attention.ts';
import { applyNorm, type Norm } from './norm.ts';

/** Name of the context's tensor of biases of the scores, [heads, tokens, tokens]. */
export const biasTensor = 'bias';

/**
 * A post-norm transformer layer: attention and the feed-forward part, each with a residual and a normalization after it.
 */
export interface PostNormBlock {
  readonly heads: number;
  readonly activation: Activation;
  readonly q: LinearModule;
  readonly k: LinearModule;
  readonly v: LinearModule;
  readonly o: LinearModule;
  readonly fc1: LinearModule;
  readonly fc2: LinearModule;
  readonly attentionNorm: Norm;
  readonly outputNorm: Norm;
  /** Linears for scores by distance, if there are any. */
  readonly distances: DistanceLinears | null;
  /** Factor of the scores; absent: 1 / √(head size). */
  readonly scoreScale?: number | undefined;
}

/**
 * `onlyFirstToken`: return the first token only, as the last layer of a classifier may. All tokens are still attended to;
 * unused states are not computed.
 */
export function runPostNormBlock(
  block: PostNormBlock,
  states: HiddenStates,
  runner: LinearRunner,
  onlyFirstToken: boolean,
): HiddenStates {
  // Each half frees its untaped tensors before the next one starts.
  const middle = tf.tidy(() => attend(block, states, runner, onlyFirstToken));
  const hidden = tf.tidy(() => feedForward(block, middle, runner));
  middle.dispose();
  return { ...states, hidden, tokens: onlyFirstToken ? 1 : states.tokens };
}

function attend(
  block: PostNormBlock,
  states: HiddenStates,
  runner: LinearRunner,
  onlyFirstToken: boolean,
): tf.Tensor2D {
  const { batch, tokens, hidden, context } = states;
  const queried = onlyFirstToken ? clsTokens(hidden, tokens) : hidden;
  const q = runner.linear(block.q, queried);
  const k = runner.linear(block.k, hidden);
  const v = runner.linear(block.v, hidden);
  const shape = { batch, tokens, heads: block.heads, queryTokens: onlyFirstToken ? 1 : tokens, mask: context?.mask };
  const bias = context?.tensors?.[biasTensor];
  const attended = block.distances
    ? distanceAttention({ q, k, v }, block.distances, shape, context?.tensors, runner)
    : bias
      ? biasedAttention(q, k, v, biasOf(bias, shape), { ...shape, scale: scaleOf(q, block.heads) })
      : attention(q, k, v, { ...shape, ...scaled(block), bfloat16: runner.inBfloat16(block.q) });
  return applyNorm(block.attentionNorm, runner.linear(block.o, attended, { residual: queried }));
}

function scaled({ scoreScale }: PostNormBlock): { scale?: number } {
  return scoreScale === undefined ? {} : { scale: scoreScale };
}

/** The biases of the first queries. */
function biasOf(
  bias: tf.Tensor,
  { heads, queryTokens, tokens }: { readonly heads: number; readonly queryTokens: number; readonly tokens: number },
): tf.Tensor3D {
  const all = tf.reshape<tf.Rank.R3>(bias, [heads, tokens, tokens]);
  return queryTokens === tokens ? all : tf.slice(all, [0, 0, 0], [heads, queryTokens, tokens]);
}

function scaleOf(q: tf.Tensor2D, heads: number): number {
  return 1 / Math.sqrt(q.shape[1] / heads);
}

function feedForward(block: PostNormBlock, x: tf.Tensor2D, runner: LinearRunner): tf.Tensor2D {
  const inner = runner.linear(block.fc1, x);
  const { value, derivative } = activate(inner, block.activation, runner.taped);
  inner.dispose();
  return applyNorm(block.outputNorm, runner.linear(block.fc2, value, { residual: x, derivative }));
}
