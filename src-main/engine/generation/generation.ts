import * as tf from '@tensorflow/tfjs-core';
import type { FinishReason } from '../../../src-shared/domain/generation/generation.ts';
import type { LanguageModel } from '../adapters/model/ensemble-model.ts';
import { type KeyValueCache, outgrowsCache } from '../models/key-value-cache.ts';
import { requireStart } from './end-tokens.ts';
import { GenerationRow, type RecordedToken, type RowOptions, requirePrompts } from './row.ts';

/** Every row has its own random stream, of the seed plus its index. */
export type GenerationOptions = RowOptions;

/** Durations, and numbers of tokens over all rows, without padding. */
export interface GenerationTimes {
  readonly promptTokens: number;
  readonly promptSeconds: number;
  readonly newTokens: number;
  /** From the first to the last new token. */
  readonly generationSeconds: number;
}

/**
 * One batch of texts that a language model continues, token by token: prompts are padded on the left, keys and values are
 * kept, and only the logits of the last token are copied to the host.
 */
export class Generation {
  private readonly model: LanguageModel;
  private readonly options: GenerationOptions;
  private readonly rows: readonly GenerationRow[];
  private readonly cache: KeyValueCache;
  /** Prompts for an encoder, padded; null where rows continue their prompts. */
  private readonly encoded: readonly (readonly number[])[] | null;
  /** [batch, tokens so far], of an encoder its tokens; null where nothing is padded. */
  private readonly mask: number[][] | null;
  private promptSeconds = 0;
  private generationSeconds = 0;
  private readonly promptTokens: number;

  /** @throws StudioError invalid_input if a prompt is empty or fills the model's context. */
  constructor(model: LanguageModel, prompts: readonly (readonly number[])[], options: GenerationOptions) {
    this.model = model;
    this.cache = model.newCache();
    this.options = options;
    requirePrompts(prompts, this.maxPositions);
    const longest = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
    const padded = prompts.map((prompt) => [
      ...Array<number>(longest - prompt.length).fill(options.endTokens.pad),
      ...prompt,
    ]);
    const start = model.base.description.kind === 'seq2seq-lm' ? requireStart(options.endTokens) : null;
    this.encoded = start === null ? null : padded;
    this.rows = padded.map((tokens, index) => {
      const seed = options.seed + index;
      return new GenerationRow(start === null ? tokens : [start], { ...options, seed }, this.maxPositions);
    });
    this.mask = prompts.every((prompt) => prompt.length === longest)
      ? null
      : prompts.map((prompt) => [
          ...Array<number>(longest - prompt.length).fill(0),
          ...Array<number>(prompt.length).fill(1),
        ]);
    this.promptTokens = prompts.reduce((sum, prompt) => sum + prompt.length, 0);
  }

  /** True if every row has ended. */
  get done(): boolean {
    return this.rows.every((row) => row.finished !== null);
  }

  /** Ends a row, e.g. because its text met a stop string; no effect if it has ended. */
  finish(row: number, reason: FinishReason): void {
    const one = this.rows[row];
    if (one) one.finished ??= reason;
  }

  /** Padding, prompt and generated tokens of a row, behind an encoder the decoder's; rows that ended earlier are padded. */
  tokens(row: number): readonly number[] {
    return this.rows[row]?.tokens ?? [];
  }

  /** New tokens of a row with their probabilities, if requested: also the one that ended it. */
  recorded(row: number): readonly RecordedToken[] {
    return this.rows[row]?.recorded ?? [];
  }

  finishReason(row: number): FinishReason | null {
    return this.rows[row]?.finished ?? null;
  }

  get times(): GenerationTimes {
    return {
      promptTokens: this.promptTokens,
      promptSeconds: this.promptSeconds,
      newTokens: this.rows.reduce((sum, row) => sum + row.generated, 0),
      generationSeconds: this.generationSeconds,
    };
  }

  /** The next token of every row; null for rows that have ended, and for a token that ends its row. */
  async step(): Promise<(number | null)[]> {
    const started = performance.now();
    const isFirst = this.cache.length === 0;
    const scores = await this.nextScores();
    const size = scores.length / this.rows.length;
    const chosen = this.rows.map((row, index) => {
      if (row.finished !== null) {
        row.tokens.push(this.options.endTokens.pad);
        return null;
      }
      return row.take(scores.subarray(index * size, (index + 1) * size));
    });
    if (this.encoded === null) for (const row of this.mask ?? []) row.push(1);
    const seconds = (performance.now() - started) / 1000;
    if (isFirst) this.promptSeconds += seconds;
    else this.generationSeconds += seconds;
    return chosen;
  }

  dispose(): void {
    this.cache.dispose();
  }

  /** Logits [batch · vocabulary] after the last token of each row. */
  private async nextScores(): Promise<Float32Array> {
    const total = this.rows[0]?.tokens.length ?? 0;
    if (outgrowsCache(this.model.base, this.cache.length, total)) this.cache.dispose();
    const past = this.cache.length;
    const batch = this.rows.length;
    const ids = this.rows.flatMap(({ tokens }) => tokens.slice(past));
    const matrix = (values: readonly number[]) =>
      tf.tensor2d(Int32Array.from(values), [batch, values.length / batch], 'int32');
    const inputs: Record<string, tf.Tensor> = {
      [this.encoded === null ? 'input_ids' : 'decoder_input_ids']: matrix(ids),
    };
    if (this.encoded !== null && past === 0) inputs['input_ids'] = matrix(this.encoded.flat());
    if (this.mask !== null) inputs['attention_mask'] = tf.tensor2d(this.mask, undefined, 'int32');
    try {
      const logits = this.model.nextLogits(inputs, this.cache);
      try {
        const scores = await logits.data();
        // A copy of its own, by the block: the values may be the tensor's memory.
        return new Float32Array(scores);
      } finally {
        logits.dispose();
      }
    } finally {
      tf.dispose(inputs);
    }
  }

  private get maxPositions(): number {
    return this.model.base.description.text?.maxPositions ?? Number.POSITIVE_INFINITY;
  }
}
