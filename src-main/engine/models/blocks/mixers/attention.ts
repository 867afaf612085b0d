import type * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../../src-shared/domain/models/model.ts';
import { gated } from '../../../ops/activation/gated.ts';
import { attention } from '../../../ops/attention/attention.ts';
import { attentionBySegment } from '../../../ops/attention/attention-by-segment.ts';
import { type RotaryTable, rotaryPart } from '../../../ops/attention/rotary.ts';
import { as1D } from '../../../ops/autograd/operation.ts';
import { asRows } from '../../../ops/indexing/as-rows.ts';
import { sliceColumns } from '../../../ops/indexing/slice-columns.ts';
import type { HiddenStates, LinearRunner } from '../../base-model.ts';
import type { AttentionLayout } from '../../decoder/mixers/attention.ts';
import { applyDecoderNorm } from '../decoder-norm.ts';
import type { LayerTensors, Mixer } from '../layer-tensors.ts';

interface Projected {
  readonly q: tf.Tensor2D;
  /** Gate of the result; null: none. */
  readonly gate: tf.Tensor2D | null;
  readonly k: tf.Tensor2D;
  readonly v: tf.Tensor2D;
}

/** Attention whose queries and keys are rotated by position. */
export function attentionMixer(layout: AttentionLayout, index: number, tensors: LayerTensors): Mixer {
  const { heads, keyValueHeads, isCausal: causal, window, scale, softcap } = layout;
  const { project, first } = projections(layout, tensors);
  const output = tensors.module(layout.output.name);
  const queryNorm = layout.queryNorm && tensors.norm(layout.queryNorm);
  const keyNorm = layout.keyNorm && tensors.norm(layout.keyNorm);
  const sinks = layout.sinks === null ? null : as1D(tensors.tensor(layout.sinks));
  return (x, states, runner, options) => {
    const { batch, tokens, context } = states;
    const { q: queries, k: keys, v: values, gate } = project(x, runner);
    const q = turned(queryNorm ? applyDecoderNorm(queryNorm, queries) : queries, layout, 'queries', states);
    const own = {
      keys: turned(keyNorm ? applyDecoderNorm(keyNorm, keys) : keys, layout, 'keys', states),
      values,
    };
    const scores = { causal, window, scale, softcap, sinks };
    const shape = { heads, keyValueHeads, ...scores, bfloat16: runner.inBfloat16(first) };
    const finish = (attended: tf.Tensor2D) =>
      runner.linear(output, gate ? gated(gate, attended, 'sigmoid') : attended, options);
    if (context?.segments) return finish(attentionBySegment(q, own.keys, own.values, context.segments, shape));
    const cache = context?.cache;
    const all = cache?.append(index, own.keys, own.values, batch) ?? own;
    const seen = tokens + (cache?.length ?? 0);
    const rows = { batch, tokens: seen, queryTokens: tokens, mask: context?.mask };
    return finish(attention(q, all.keys, all.values, { ...shape, ...rows }));
  };
}

/** Queries, keys and values of a state, and the module that makes the queries. */
function projections(
  { projections: given, heads, keyValueHeads, headSize, isGated }: AttentionLayout,
  tensors: LayerTensors,
): { first: LinearModule; project: (x: tf.Tensor2D, runner: LinearRunner) => Projected } {
  if (!('fused' in given)) {
    const [q, k, v] = [tensors.module(given.q.name), tensors.module(given.k.name), tensors.module(given.v.name)];
    const project = (x: tf.Tensor2D, runner: LinearRunner) => ({
      ...(isGated ? withGate(runner.linear(q, x), headSize) : { q: runner.linear(q, x), gate: null }),
      k: runner.linear(k, x),
      v: runner.linear(v, x),
    });
    return { first: q, project };
  }
  const fused = tensors.module(given.fused.name);
  const [queries, keys] = [heads * headSize, keyValueHeads * headSize];
  const cut =
    given.order === 'parts'
      ? (all: tf.Tensor2D, start: number, count: number) => sliceColumns(all, start, count)
      : (all: tf.Tensor2D, start: number) => {
          const byHead = asRows(all, 3 * headSize);
          return asRows(sliceColumns(byHead, (start / queries) * headSize, headSize), queries);
        };
  const project = (x: tf.Tensor2D, runner: LinearRunner) => {
    const all = runner.linear(fused, x);
    return { q: cut(all, 0, queries), k: cut(all, queries, keys), v: cut(all, queries + keys, keys), gate: null };
  };
  return { first: fused, project };
}

/** Queries and gates of rows that have, of each head, its query and then its gate. */
function withGate(both: tf.Tensor2D, headSize: number): { readonly q: tf.Tensor2D; readonly gate: tf.Tensor2D } {
  const byHead = asRows(both, 2 * headSize);
  const part = (start: number) => asRows(sliceColumns(byHead, start, headSize), both.shape[1] / 2);
  return { q: part(0), gate: part(headSize) };
}

/** Rotates the heads by their positions, if the layout rotates at all. */
function turned(
  x: tf.Tensor2D,
  { rotary: layout, heads, keyValueHeads }: AttentionLayout,
  part: 'queries' | 'keys',
  { context }: HiddenStates,
): tf.Tensor2D {
  if (layout === null) return x;
  const table: RotaryTable | undefined = context?.rotaries?.[layout[part]];
  if (table === undefined) throw new Error('a decoder layer needs a table of positions');
  const count = part === 'queries' ? heads : keyValueHeads;
  return rotaryPart(x, table, count, layout);
}
