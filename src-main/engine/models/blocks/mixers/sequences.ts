import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../../../ops/autograd/operation.ts';
import { bySegment } from '../../../ops/indexing/by-segment.ts';
import { maskRows } from '../../../ops/indexing/mask-rows.ts';
import { lastTokens, type ShortConvolution, shortConvolution } from '../../../ops/recurrence/short-convolution.ts';
import type { HiddenStates } from '../../base-model.ts';
import type { RecurrentState } from '../../key-value-cache.ts';

/** Rows of padding set to zero, as transformers does before a recurrent layer: they leave its state as it is. */
export function withoutPadding(x: tf.Tensor2D, { batch, tokens, context }: HiddenStates): tf.Tensor2D {
  const mask = context?.mask;
  if (mask === undefined || context?.segments) return x;
  const own = tf.slice(mask, [0, mask.shape[1] - tokens], [batch, tokens]);
  return maskRows(x, as2D(tf.reshape(own, [batch * tokens, 1])));
}

/** Tokens of sequences that lie one behind the other, and the state of a recurrent layer before them. */
interface Sequences {
  readonly batch: number;
  readonly tokens: number;
  readonly before: RecurrentState['state'] | null;
}

/** Results for the tokens, and the state after them. */
interface Outcome {
  readonly y: tf.Tensor2D;
  /** Called only where the state is needed; the result belongs to the caller. */
  readonly after: () => RecurrentState['state'];
}

/**
 * Runs a recurrent layer over all tokens: sequences that are packed into one row start with a fresh state each, and in generation
 * the state comes from the cache of layer `index` and goes back there.
 */
export function overSequences(
  inputs: readonly tf.Tensor2D[],
  { batch, tokens, context }: HiddenStates,
  index: number,
  run: (inputs: readonly tf.Tensor2D[], sequences: Sequences) => Outcome,
): tf.Tensor2D {
  if (context?.segments)
    return bySegment(
      inputs,
      context.segments,
      (parts, length) => run(parts, { batch: 1, tokens: length, before: null }).y,
    );
  const cache = context?.cache;
  const { y, after } = run(inputs, { batch, tokens, before: cache?.stateOf(index) ?? null });
  cache?.setState(index, after(), batch);
  return y;
}

/** A convolution over the last tokens whose state is the matrix `last`. */
export function convolved(
  x: tf.Tensor2D,
  convolution: ShortConvolution,
  { batch, before }: Sequences,
): { readonly y: tf.Tensor2D; readonly last: () => tf.Tensor2D } {
  const earlier = before?.['last'] ?? null;
  const kernel = convolution.weight.shape[1];
  return {
    y: shortConvolution(x, convolution, batch, earlier),
    last: () => lastTokens(x, kernel, batch, earlier),
  };
}
