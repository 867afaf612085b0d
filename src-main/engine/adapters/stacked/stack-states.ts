import * as tf from '@tensorflow/tfjs-core';
import type { HiddenStates, SequenceContext } from '../../models/base-model.ts';
import type { RotaryTable } from '../../ops/attention/rotary.ts';
import { joinRows, rowBlocks } from '../../ops/indexing/row-blocks.ts';

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
  // All batches have texts of one length, which for models with an encoder are not all of the states.
  const width = all.find((states) => states.context?.mask !== undefined)?.context?.mask?.shape[1];
  const mask =
    width === undefined
      ? undefined
      : tf.concat(
          all.map((states) => states.context?.mask ?? tf.ones<tf.Rank.R2>([states.batch, width])),
          0,
        );
  const rotaries = context.rotaries?.map((_, place) => joinTables(all, place));
  return { ...context, mask, lastTokens: joinLastTokens(all), rotaries };
}

/** Rows of the last tokens in the joined states; undefined if no batch has padding. */
function joinLastTokens(all: readonly HiddenStates[]): Int32Array | undefined {
  if (all.every(({ context }) => context?.lastTokens === undefined)) return undefined;
  let before = 0;
  return Int32Array.from(
    all.flatMap(({ hidden, batch, tokens, context }) => {
      const start = before;
      before += hidden.shape[0];
      const own = context?.lastTokens ?? Array.from({ length: batch }, (_, row) => (row + 1) * tokens - 1);
      return Array.from(own, (row) => start + row);
    }),
  );
}

/** One table where every part has the positions of a single row, else a row of positions an example. */
function joinTables(all: readonly HiddenStates[], place: number): RotaryTable {
  const tables = all.map(({ context, batch, tokens }) => {
    const table = context?.rotaries?.[place];
    if (table === undefined) throw new Error('states without positions among states with them');
    return { ...table, batch, tokens };
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
function contextOf(states: HiddenStates, start: number, count: number): SequenceContext {
  const { hidden, context, batch, tokens } = states;
  const { rotaries, mask, lastTokens, ...rest } = context ?? {};
  const firstRow = (start * hidden.shape[0]) / batch;
  const cut = (rows: tf.Tensor2D, each: number) => tf.slice(rows, [start * each, 0], [count * each, -1]);
  const cutTable = (table: RotaryTable): RotaryTable => {
    const rows = table.cos.shape[0];
    const isByRow = rows !== tokens && rows % batch === 0;
    return isByRow ? { cos: cut(table.cos, rows / batch), sin: cut(table.sin, rows / batch) } : table;
  };
  return {
    ...rest,
    mask: mask && cut(mask, 1),
    lastTokens: lastTokens?.subarray(start, start + count).map((row) => row - firstRow),
    rotaries: rotaries?.map(cutTable),
  };
}
