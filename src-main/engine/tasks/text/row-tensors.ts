import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { TokenRow } from './token-rows.ts';

type NamedTensors = [name: string, tensor: HostTensor][];

/** Rows of tokens one after the other: `<name>.input_ids`, and in `<name>.offsets` where each begins and the last one ends. */
export function rowTensors(name: string, rows: readonly ArrayLike<number>[]): NamedTensors {
  const offsets = new Int32Array(rows.length + 1);
  for (const [index, row] of rows.entries()) offsets[index + 1] = (offsets[index] ?? 0) + row.length;
  const ids = new Int32Array(offsets[rows.length] ?? 0);
  for (const [index, row] of rows.entries()) ids.set(row, offsets[index]);
  return [
    [`${name}.input_ids`, { shape: [ids.length], data: ids }],
    [`${name}.offsets`, { shape: [offsets.length], data: offsets }],
  ];
}

/** The same with the mark of each token, under the name that says what it means. */
export function markedRowTensors(name: string, rows: readonly TokenRow[], marksName: string): NamedTensors {
  const tensors = rowTensors(
    name,
    rows.map(({ ids }) => ids),
  );
  const marks = new Uint8Array(rows.reduce((sum, row) => sum + row.marks.length, 0));
  let start = 0;
  for (const row of rows) {
    marks.set(row.marks, start);
    start += row.marks.length;
  }
  return [...tensors, [`${name}.${marksName}`, { shape: [marks.length], data: marks }]];
}

/** What Transformers has to know of a language model that learns. */
export function languageSettings(padding: number) {
  return { auto_class: 'AutoModelForCausalLM', problem_type: null, pad_token_id: padding } as const;
}
