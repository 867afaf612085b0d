import type { BatchInputs } from '../../losses/batch-inputs.ts';
import type { LabelLoss, MicroBatch } from '../../losses/batch-loss.ts';
import { ignoredLabel } from '../../ops/loss/softmax-cross-entropy.ts';
import { tokens } from '../../outcomes/tokens.ts';
import { isLearned, type TokenRow, textEnd, textStart } from './token-rows.ts';

/** input_ids and attention_mask [rows, longest], padded on the right. */
export function padded(rows: readonly TokenRow[], padding: number) {
  const width = rows.reduce((longest, { ids }) => Math.max(longest, ids.length), 1);
  const shape: [number, number] = [rows.length, width];
  const ids = new Int32Array(rows.length * width).fill(padding);
  const mask = new Int32Array(rows.length * width);
  for (const [row, { ids: own }] of rows.entries()) {
    ids.set(own, row * width);
    mask.fill(1, row * width, row * width + own.length);
  }
  return { width, inputs: { input_ids: { shape, data: ids }, attention_mask: { shape, data: mask } } };
}

/** Encoder inputs with token_type_ids, which tell the texts of a pair apart. */
export function encoderInputs(rows: readonly TokenRow[], padding: number): BatchInputs {
  const { width, inputs } = padded(rows, padding);
  const types = new Int32Array(rows.length * width);
  for (const [row, { marks }] of rows.entries()) types.set(marks, row * width);
  return { ...inputs, token_type_ids: { shape: [rows.length, width], data: types } };
}

/**
 * Language model inputs: each position predicts the next token, if that one is in the loss.
 * @param isolated whether the texts of packed rows are sequences of their own (sequence_ids), or all of a row is one.
 */
export function languageBatch(rows: readonly TokenRow[], padding: number, isolated = false): MicroBatch<LabelLoss> {
  const { width, inputs } = padded(rows, padding);
  const labels = new Int32Array(rows.length * width).fill(ignoredLabel);
  const ends = new Uint8Array(labels.length);
  for (const [row, { ids, marks }] of rows.entries())
    for (let at = 1; at < ids.length; at++) {
      if (!isLearned(marks[at])) continue;
      labels[row * width + at - 1] = ids[at] ?? ignoredLabel;
      if (marks[at] === textEnd) ends[row * width + at - 1] = 1;
    }
  const batch = { inputs, examples: rows.length, loss: tokens.loss(labels, ends) };
  if (!isolated) return batch;
  // 0 is padding.
  const numbers = new Int32Array(rows.length * width);
  for (const [row, { marks }] of rows.entries()) {
    let number = 0;
    for (let at = 0; at < marks.length; at++) {
      if (at === 0 || marks[at] === textStart) number++;
      numbers[row * width + at] = number;
    }
  }
  const sequence_ids = { shape: [rows.length, width], data: numbers };
  return { ...batch, inputs: { ...inputs, sequence_ids } };
}
