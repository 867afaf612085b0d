import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { type Activation, activate } from '../../ops/activation/activate.ts';
import { attention } from '../../ops/attention/attention.ts';
import { attentionBySegment } from '../../ops/attention/attention-by-segment.ts';
import { sliceColumns } from '../../ops/indexing/slice-columns.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';
import { applyNorm, type Norm } from './norm.ts';

/** A pre-norm layer with one linear for queries, keys and values, as in GPT-2. */
export interface FusedBlock {
  readonly layer: number;
  readonly heads: number;
  readonly activation: Activation;
  /** Causal: tokens attend to no later ones. */
  readonly causal: boolean;
  readonly before: Norm;
  readonly after: Norm;
  /** [width] → [3 · width]: queries, keys, values. */
  readonly qkv: LinearModule;
  readonly o: LinearModule;
  readonly fc1: LinearModule;
  readonly fc2: LinearModule;
}

export function runFusedBlock(block: FusedBlock, states: HiddenStates, runner: LinearRunner): HiddenStates {
  // Each half frees its untaped tensors before the next one starts.
  const middle = tf.tidy(() => attend(block, states, runner));
  const hidden = tf.tidy(() => feedForward(block, middle, runner));
  middle.dispose();
  return { ...states, hidden };
}

function attend(block: FusedBlock, states: HiddenStates, runner: LinearRunner): tf.Tensor2D {
  const { batch, tokens, hidden, context } = states;
  const fused = runner.linear(block.qkv, applyNorm(block.before, hidden));
  const width = hidden.shape[1];
  const part = (index: number) => sliceColumns(fused, index * width, width);
  const own = { keys: part(1), values: part(2) };
  const shape = { heads: block.heads, causal: block.causal, bfloat16: runner.inBfloat16(block.qkv) };
  if (context?.segments) {
    const attended = attentionBySegment(part(0), own.keys, own.values, context.segments, shape);
    return runner.linear(block.o, attended, { residual: hidden });
  }
  const cache = context?.cache;
  const { keys, values } = cache?.append(block.layer, own.keys, own.values, batch) ?? own;
  const attended = attention(part(0), keys, values, {
    batch,
    tokens: tokens + (cache?.length ?? 0),
    queryTokens: tokens,
    mask: context?.mask,
    ...shape,
  });
  return runner.linear(block.o, attended, { residual: hidden });
}

function feedForward(block: FusedBlock, x: tf.Tensor2D, runner: LinearRunner): tf.Tensor2D {
  const inner = runner.linear(block.fc1, applyNorm(block.after, x));
  const { value, derivative } = activate(inner, block.activation, runner.taped);
  inner.dispose();
  return runner.linear(block.fc2, value, { residual: x, derivative });
}
