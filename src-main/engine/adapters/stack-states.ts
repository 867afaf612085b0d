import * as tf from '@tensorflow/tfjs-core';
import type { HiddenStates, SequenceContext } from '../models/base-model.ts';
import type { RotaryTable } from '../ops/attention/rotary.ts';
import { joinRows, rowBlocks } from '../ops/indexing/row-blocks.ts';

/** Hidden states of several batches of one width as one batch, in their order. */
export function joinStates(all: readonly HiddenStates[]): HiddenStates {
  const [first] = all;
  if (first === undefined) throw new Error('there are no states to join');
  if (all.length === 1) return first;
  return {
    ...first,
    hidden: joinRows(all.map(({ hidden }) => hidden)),
    batch: all.reduce((sum, { batch }) => sum + batch, 0),
    context: joinContexts(all),
  };
}

/** The states of each of `counts` numbers of examples; the inverse of `joinStates`. */
export function splitStates(states: HiddenStates, counts: readonly number[]): HiddenStates[] {
  if (counts.length === 1) return [states];
  const { hidden, batch, context } = states;
  const each = hidden.shape[0] / batch;
  const rows = rowBlocks(
    hidden,
    counts.map((count) => count * each),
  );
  let start = 0;
  return rows.map((own, index) => {
    const count = counts[index] ?? 0;
    const part = { ...states, hidden: own, batch: count, context: context && contextOf(states, start, count) };
    start += count;
    return part;
  });
}

function joinContexts(all: readonly HiddenStates[]): SequenceContext | undefined {
  const context = all[0]?.context;
  if (context === undefined) return undefined;
  const isMasked = all.some((states) => states.context?.mask !== undefined);
  const mask = isMasked
    ? tf.concat(
        all.map((states) => states.context?.mask ?? tf.ones<tf.Rank.R2>([states.batch, states.tokens])),
        0,
      )
    : undefined;
  return { ...context, mask, rotary: context.rotary && joinTables(all) };
}

/** One table where every part has the positions of a single row, else a row of positions an example. */
function joinTables(all: readonly HiddenStates[]): RotaryTable {
  const tables = all.map(({ context, batch, tokens }) => {
    if (context?.rotary === undefined) throw new Error('states without positions among states with them');
    return { ...context.rotary, batch, tokens };
  });
  const [first] = tables;
  if (first === undefined) throw new Error('there are no states to join');
  if (tables.every(({ cos, tokens }) => cos.shape[0] === tokens)) return { cos: first.cos, sin: first.sin };
  const join = (name: 'cos' | 'sin') =>
    tf.concat(
      tables.map(({ batch, tokens, ...table }) =>
        table[name].shape[0] === tokens ? tf.tile(table[name], [batch, 1]) : table[name],
      ),
      0,
    );
  return { cos: join('cos'), sin: join('sin') };
}

/** Returns the context of `count` examples from `start` on. */
function contextOf({ context, batch, tokens }: HiddenStates, start: number, count: number): SequenceContext {
  const { rotary, mask, ...rest } = context ?? {};
  const cut = (rows: tf.Tensor2D, each: number) => tf.slice(rows, [start * each, 0], [count * each, -1]);
  const isByRow = rotary !== undefined && rotary.cos.shape[0] !== tokens && rotary.cos.shape[0] % batch === 0;
  const each = isByRow ? rotary.cos.shape[0] / batch : 0;
  return {
    ...rest,
    mask: mask && cut(mask, 1),
    rotary: isByRow ? { cos: cut(rotary.cos, each), sin: cut(rotary.sin, each) } : rotary,
  };
}
