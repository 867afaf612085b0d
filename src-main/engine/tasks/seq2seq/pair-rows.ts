import type { LabelLoss, MicroBatch } from '../../losses/batch-loss.ts';
import { ignoredLabel } from '../../ops/loss/softmax-cross-entropy.ts';
import { tokens } from '../../outcomes/tokens.ts';
import type { TextTokenizer } from '../../tokenization/tokenizer.ts';
import { padded } from '../shared/pad-rows.ts';
import { type TokenRow, TokenRows, textEnd } from '../shared/token-rows.ts';

/** Texts that an encoder reads, and those that the decoder writes, as tokens. */
export class PairRows {
  private readonly sources = new TokenRows();
  private readonly targets = new TokenRows();

  get count(): number {
    return this.sources.count;
  }

  add(source: readonly number[], target: readonly number[]): void {
    this.sources.add(
      source,
      source.map(() => 0),
    );
    this.targets.add(target, targetMarks(target));
  }

  source(index: number): Int32Array {
    return this.sources.row(index).ids;
  }

  /** The text to write with the mark of each token: all are in the loss, the last one ends the text. */
  target(index: number): TokenRow {
    return this.targets.row(index);
  }

  /** Tokens of both texts. */
  length(index: number): number {
    return this.sources.length(index) + this.targets.length(index);
  }

  /**
   * Inputs of a batch, padded on the right.
   * @param start first token of the decoder, which then reads each token of the target before it predicts the next
   */
  batch(
    indices: readonly number[],
    { padding, start }: { readonly padding: number; readonly start: number },
  ): MicroBatch<LabelLoss> {
    const { inputs } = padded(
      indices.map((index) => this.sources.row(index)),
      padding,
    );
    const targets = indices.map((index) => this.target(index));
    const width = targets.reduce((longest, { ids }) => Math.max(longest, ids.length), 1);
    const decoder = new Int32Array(targets.length * width).fill(padding);
    const mask = new Int32Array(targets.length * width);
    const labels = new Int32Array(targets.length * width).fill(ignoredLabel);
    const ends = new Uint8Array(labels.length);
    for (const [row, { ids, marks }] of targets.entries()) {
      labels.set(ids, row * width);
      decoder.set([start, ...ids.subarray(0, -1)], row * width);
      mask.fill(1, row * width, row * width + ids.length);
      for (const [at, mark] of marks.entries()) ends[row * width + at] = Number(mark === textEnd);
    }
    const shape = [targets.length, width];
    const ofDecoder = { decoder_input_ids: { shape, data: decoder }, decoder_attention_mask: { shape, data: mask } };
    return { inputs: { ...inputs, ...ofDecoder }, examples: targets.length, loss: tokens.loss(labels, ends) };
  }
}

/** Marks of the tokens of a text to write: all are in the loss, the last one ends the text. */
export function targetMarks(target: readonly number[]): number[] {
  return target.map((_, at) => (at === target.length - 1 ? textEnd : 1));
}

/** Tokens of a text, with the end token. */
export function endedTokens(tokenizer: TextTokenizer, text: string): number[] {
  const end = tokenizer.special('eos')?.id;
  const ids = [...tokenizer.encode(text, { addSpecialTokens: true }).ids];
  return end === undefined || ids.at(-1) === end ? ids : [...ids, end];
}

/** Truncates before the end token, like the truncation of tokenizers. */
export function cutBeforeEnd(ids: readonly number[], maxLength: number): readonly number[] {
  return ids.length <= maxLength ? ids : [...ids.slice(0, maxLength - 1), ...ids.slice(-1)];
}
