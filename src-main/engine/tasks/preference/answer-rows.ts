import type { Segment, SegmentedRows } from '../../losses/batch-loss.ts';
import { ignoredLabel } from '../../ops/loss/softmax-cross-entropy.ts';
import { type TokenRow, TokenRows } from '../shared/token-rows.ts';

/** A prompt and an answer to it, in tokens. The prompt has at least one. */
export interface AnswerRow {
  readonly prompt: ArrayLike<number>;
  readonly answer: ArrayLike<number>;
}

/** Rows in order, each wanted or not, at five bytes a token. */
export class AnswerRows {
  readonly wanted: boolean[] = [];
  private readonly rows = new TokenRows();

  get count(): number {
    return this.wanted.length;
  }

  add(row: AnswerRow, wanted: boolean): void {
    const { ids, marks } = tokenRowOf(row);
    this.rows.add(ids, marks);
    this.wanted.push(wanted);
  }

  at(index: number): AnswerRow {
    if (index >= this.count) throw new RangeError(`there is no answer ${index}`);
    const { ids, marks } = this.rows.row(index);
    const start = marks.indexOf(1);
    return { prompt: ids.subarray(0, start), answer: ids.subarray(start) };
  }
}

/** The prompt with its answer, whose tokens are marked. */
export function tokenRowOf({ prompt, answer }: AnswerRow): TokenRow {
  const ids = Int32Array.from([...Array.from(prompt), ...Array.from(answer)]);
  return { ids, marks: new Uint8Array(ids.length).fill(1, prompt.length) };
}

export function lengthOf({ prompt, answer }: AnswerRow): number {
  return prompt.length + answer.length;
}

/** Places of the labels of a row's answer, or of the rest of its prompt: each token is the label of the one before it. */
export function segmentOf({ prompt, answer }: AnswerRow, row: number, of: 'answer' | 'prompt'): Segment {
  const start = prompt.length - 1;
  return of === 'answer' ? { row, start, end: start + answer.length } : { row, start: 0, end: start };
}

/** Rows of tokens, padded on the right, with labels for the given segments; −100 elsewhere. */
export function answerBatch(rows: readonly AnswerRow[], segments: readonly Segment[], padding: number): SegmentedRows {
  const width = rows.reduce((longest, row) => Math.max(longest, lengthOf(row)), 1);
  const shape: [number, number] = [rows.length, width];
  const ids = new Int32Array(rows.length * width).fill(padding);
  const mask = new Int32Array(rows.length * width);
  for (const [index, row] of rows.entries()) {
    ids.set(row.prompt, index * width);
    ids.set(row.answer, index * width + row.prompt.length);
    mask.fill(1, index * width, index * width + lengthOf(row));
  }
  const labels = new Int32Array(rows.length * width).fill(ignoredLabel);
  for (const { row, start, end } of segments)
    for (let at = start; at < end; at++) labels[row * width + at] = ids[row * width + at + 1] ?? ignoredLabel;
  const inputs = { input_ids: { shape, data: ids }, attention_mask: { shape, data: mask } };
  return { inputs, labels, segments };
}
