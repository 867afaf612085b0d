import * as tf from '@tensorflow/tfjs-core';
import { addMultiple } from '../../ops/linear/add-multiple.ts';
import type { LinearOptions } from '../../ops/linear/linear-options.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';
import type { DecoderLayerLayout } from '../decoder/layout.ts';
import type { NormLayout } from '../decoder/part.ts';
import type { FeedForwardLayout, MixerLayout } from '../decoder/parts.ts';
import { applyDecoderNorm, type DecoderNorm } from './decoder-norm.ts';
import { expertsFeedForward } from './feed-forward/experts.ts';
import { gatedFeedForward } from './feed-forward/gated.ts';
import { plainFeedForward } from './feed-forward/plain.ts';
import type { FeedForward, LayerTensors, Mixer } from './layer-tensors.ts';
import { attentionMixer } from './mixers/attention.ts';
import { deltaNetMixer } from './mixers/delta-net.ts';
import { shortConvolutionMixer } from './mixers/short-convolution.ts';

/** A decoder layer with its tensors. */
export interface DecoderLayer {
  readonly layout: DecoderLayerLayout;
  readonly tensors: LayerTensors;
  readonly norms: Readonly<Record<keyof DecoderLayerLayout['norms'], DecoderNorm | null>>;
  readonly sumNorms: { readonly mixer: DecoderNorm; readonly feedForward: DecoderNorm } | null;
  readonly mixer: Mixer;
  readonly feedForward: FeedForward;
}

/** @param index place of the layer, by which it finds its part of a cache */
export function decoderLayer(layout: DecoderLayerLayout, index: number, tensors: LayerTensors): DecoderLayer {
  const norm = (own: NormLayout | null) => own && tensors.norm(own);
  const { beforeMixer, afterMixer, beforeFeedForward, afterFeedForward } = layout.norms;
  return {
    layout,
    tensors,
    norms: {
      beforeMixer: norm(beforeMixer),
      afterMixer: norm(afterMixer),
      beforeFeedForward: norm(beforeFeedForward),
      afterFeedForward: norm(afterFeedForward),
    },
    sumNorms: layout.sumNorms
      ? { mixer: tensors.norm(layout.sumNorms.mixer), feedForward: tensors.norm(layout.sumNorms.feedForward) }
      : null,
    mixer: mixerOf(layout.mixer, index, tensors),
    feedForward: feedForwardOf(layout.feedForward, tensors),
  };
}

function mixerOf(layout: MixerLayout, index: number, tensors: LayerTensors): Mixer {
  switch (layout.kind) {
    case 'attention':
      return attentionMixer(layout, index, tensors);
    case 'delta-net':
      return deltaNetMixer(layout, index, tensors);
    case 'short-convolution':
      return shortConvolutionMixer(layout, index, tensors);
  }
}

function feedForwardOf(layout: FeedForwardLayout, tensors: LayerTensors): FeedForward {
  switch (layout.kind) {
    case 'gated':
      return gatedFeedForward(layout, tensors);
    case 'plain':
      return plainFeedForward(layout, tensors);
    case 'experts':
      return expertsFeedForward(layout, tensors);
  }
}

/** The context of `states` must have the rotary tables of the layout. */
export function runDecoderLayer(layer: DecoderLayer, states: HiddenStates, runner: LinearRunner): HiddenStates {
  if (layer.layout.isParallel) return { ...states, hidden: tf.tidy(() => inParallel(layer, states, runner)) };
  // Each half frees its untaped tensors before the next one starts.
  const middle = tf.tidy(() => mix(layer, states, runner));
  const hidden = tf.tidy(() => feedForward(layer, middle, runner));
  middle.dispose();
  return { ...states, hidden };
}

function mix(layer: DecoderLayer, states: HiddenStates, runner: LinearRunner): tf.Tensor2D {
  const { layout, norms, sumNorms, mixer } = layer;
  const { hidden } = states;
  const sum = added(layout, hidden, norms.afterMixer, (options) =>
    mixer(before(norms.beforeMixer, hidden), states, runner, options),
  );
  return sumNorms ? applyDecoderNorm(sumNorms.mixer, sum) : sum;
}

function feedForward(layer: DecoderLayer, x: tf.Tensor2D, runner: LinearRunner): tf.Tensor2D {
  const { layout, norms, sumNorms } = layer;
  const sum = added(layout, x, norms.afterFeedForward, (options) =>
    layer.feedForward(before(norms.beforeFeedForward, x), runner, options),
  );
  return sumNorms ? applyDecoderNorm(sumNorms.feedForward, sum) : sum;
}

function inParallel(layer: DecoderLayer, states: HiddenStates, runner: LinearRunner): tf.Tensor2D {
  const { layout, norms, mixer } = layer;
  const { hidden } = states;
  const mixed = before(norms.beforeMixer, hidden);
  const sum = added(layout, hidden, norms.afterMixer, (options) => mixer(mixed, states, runner, options));
  const own = norms.beforeFeedForward ? applyDecoderNorm(norms.beforeFeedForward, hidden) : mixed;
  return added(layout, sum, norms.afterFeedForward, (options) => layer.feedForward(own, runner, options));
}

function before(norm: DecoderNorm | null, x: tf.Tensor2D): tf.Tensor2D {
  return norm ? applyDecoderNorm(norm, x) : x;
}

/** Adds what a part gives to the residual, in the part's last product where nothing stands between the two. */
function added(
  { residualScale, hasPostNorms = false }: DecoderLayerLayout,
  residual: tf.Tensor2D,
  after: DecoderNorm | null,
  part: (options: Pick<LinearOptions, 'residual'>) => tf.Tensor2D,
): tf.Tensor2D {
  if (hasPostNorms) return before(after, part({ residual }));
  if (after === null && residualScale === 1) return part({ residual });
  const made = part({});
  return addMultiple(residual, after ? applyDecoderNorm(after, made) : made, residualScale);
}
