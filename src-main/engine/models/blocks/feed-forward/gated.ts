import type * as tf from '@tensorflow/tfjs-core';
import { gated } from '../../../ops/activation/gated.ts';
import { gatedPair } from '../../../ops/activation/gated-pair.ts';
import type { LinearRunner } from '../../base-model.ts';
import type { GatedLayout } from '../../decoder/feed-forward/gated.ts';
import type { FeedForward, LayerTensors } from '../layer-tensors.ts';

export function gatedFeedForward(layout: GatedLayout, tensors: LayerTensors): FeedForward {
  const inner = innerPart(layout, tensors);
  const down = tensors.module(layout.down.name);
  return (x, runner, options) => runner.linear(down, inner(x, runner), options);
}

function innerPart(
  { projections, activation }: GatedLayout,
  tensors: LayerTensors,
): (x: tf.Tensor2D, runner: LinearRunner) => tf.Tensor2D {
  if ('fused' in projections) {
    const fused = tensors.module(projections.fused.name);
    return (x, runner) => gatedPair(runner.linear(fused, x), { activation }, false);
  }
  const [gate, up] = [tensors.module(projections.gate.name), tensors.module(projections.up.name)];
  return (x, runner) => gated(runner.linear(gate, x), runner.linear(up, x), activation);
}
