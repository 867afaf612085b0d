import type { HostTensor } from '../../tensors/host-tensor.ts';
import { type TokenRow, textEnd } from './token-rows.ts';

type NamedTensors = [name: string, tensor: HostTensor][];

/**
 * Concatenated rows of tokens: `<name>.input_ids`, and `<name>.offsets` with the start of each row and the end of the last.
 */
export function rowTensors(name: string, rows: readonly ArrayLike<number>[]): NamedTensors {
  const offsets = offsetsOf(rows);
  const ids = new Int32Array(offsets[rows.length] ?? 0);
  for (const [index, row] of rows.entries()) ids.set(row, offsets[index]);
  return [
    [`${name}.input_ids`, { shape: [ids.length], data: ids }],
    [`${name}.offsets`, { shape: [offsets.length], data: offsets }],
  ];
}

/** The start of each row among all that follow each other, and the end of the last [rows + 1]. */
export function offsetsOf(rows: readonly ArrayLike<number>[]): Int32Array<ArrayBuffer> {
  const offsets = new Int32Array(rows.length + 1);
  for (const [index, row] of rows.entries()) offsets[index + 1] = (offsets[index] ?? 0) + row.length;
  return offsets;
}

/**
 * Counterpart of `rowTensors` with a byte for each token, named by its meaning: 1 for the mark 1, 2 for `textEnd`, else
 * 0.
 */
export function markedRowTensors(name: string, rows: readonly TokenRow[], marksName: string): NamedTensors {
  const tensors = rowTensors(
    name,
    rows.map(({ ids }) => ids),
  );
  const marks = new Uint8Array(rows.reduce((sum, row) => sum + row.marks.length, 0));
  let start = 0;
  for (const row of rows) {
    marks.set(
      row.marks.map((mark) => (mark === 1 ? 1 : mark === textEnd ? 2 : 0)),
      start,
    );
    start += row.marks.length;
  }
  return [...tensors, [`${name}.${marksName}`, { shape: [marks.length], data: marks }]];
}

/** Settings that Transformers needs to train a language model. */
export function languageSettings(padding: number) {
  return { problem_type: null, pad_token_id: padding } as const;
}
