import { type BatchInput, type BatchInputs, widened } from '../losses/batch-inputs.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';

/** Returns true if batches have the same inputs, value by value. */
export function haveSameInputs([first, ...others]: readonly MicroBatch[]): boolean {
  return first !== undefined && others.every(({ inputs }) => inputs === first.inputs || isSame(inputs, first.inputs));
}

/** Number of rows: the first axis of the first input. */
export function rowsIn({ inputs }: MicroBatch): number {
  return Object.values(inputs)[0]?.shape[0] ?? 0;
}

/** Tokens of a decoder that has an encoder: their number, not that of the encoder's, is that of the labels. */
const decoderTokens = 'decoder_input_ids' as const;

/** Batches whose texts are all as long as the longest: filled up on the right, with tokens that are masked and have no label. */
export function padTogether(batches: readonly MicroBatch[]): readonly MicroBatch[] {
  const [width, targetWidth] = [longest(batches, 'input_ids'), longest(batches, decoderTokens)];
  const isFilled = batches.every(({ inputs }) => (inputs['input_ids']?.shape[1] ?? 0) === width);
  return withMasks(batches, !isFilled).map((batch) =>
    padded(padded(batch, 'input_ids', width), decoderTokens, targetWidth),
  );
}

function longest(batches: readonly MicroBatch[], name: string): number {
  return Math.max(...batches.map(({ inputs }) => inputs[name]?.shape[1] ?? 0));
}

/** The inputs of all batches, one behind the other. */
export function joinInputs(batches: readonly MicroBatch[]): BatchInputs {
  const [first] = batches;
  if (first === undefined || batches.length === 1) return first?.inputs ?? {};
  return Object.fromEntries(
    Object.keys(first.inputs).map((name) => {
      const all = batches.map(({ inputs }) => {
        const found = inputs[name];
        if (found === undefined) throw new Error(`a batch lacks the input ${name}`);
        return found;
      });
      return [name, joined(all)];
    }),
  );
}

function joined(all: readonly BatchInput[]): BatchInput {
  const [first] = all;
  if (first === undefined) throw new Error('there are no inputs to join');
  const rows = all.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const size = all.reduce((sum, { data }) => sum + data.length, 0);
  const data = first.data instanceof Int32Array ? new Int32Array(size) : new Float32Array(size);
  let start = 0;
  for (const part of all) {
    data.set(part.data, start);
    start += part.data.length;
  }
  return { shape: [rows, ...first.shape.slice(1)], data };
}

function isSame(one: BatchInputs, other: BatchInputs): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => {
      const [left, right] = [one[name], other[name]];
      if (left === undefined || right === undefined || left.shape.join() !== right.shape.join()) return false;
      return left.data.every((value, index) => value === right.data[index]);
    })
  );
}

/** Every batch with an attention mask, if any has one, or `always`. */
function withMasks(batches: readonly MicroBatch[], always = false): readonly MicroBatch[] {
  if (!always && new Set(batches.map(({ inputs }) => 'attention_mask' in inputs)).size < 2) return batches;
  return batches.map((batch) => {
    const ids = batch.inputs['input_ids'];
    if (ids === undefined || 'attention_mask' in batch.inputs) return batch;
    const attention_mask = { shape: ids.shape, data: new Int32Array(ids.data.length).fill(1) };
    return { ...batch, inputs: { ...batch.inputs, attention_mask } };
  });
}

/** @param of name of the ids whose number of tokens becomes `to` */
function padded(batch: MicroBatch, of: 'input_ids' | typeof decoderTokens, to: number): MicroBatch {
  const from = batch.inputs[of]?.shape[1];
  if (from === undefined || from === to) return batch;
  const inputs = Object.fromEntries(
    Object.entries(batch.inputs).map(([name, { shape, data }]) => {
      const isOther = name.startsWith('decoder_') !== (of === decoderTokens);
      if (isOther || shape.length !== 2 || shape[1] !== from) return [name, { shape, data }];
      const rows = shape[0] ?? 0;
      const wide = data instanceof Int32Array ? new Int32Array(rows * to) : new Float32Array(rows * to);
      return [name, { shape: [rows, to], data: widened(data, from, to, wide) }];
    }),
  );
  const hasLabels = of === (decoderTokens in batch.inputs ? decoderTokens : 'input_ids');
  return { ...batch, inputs, loss: hasLabels ? batch.loss.padded(from, to) : batch.loss };
}
