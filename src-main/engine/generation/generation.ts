import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { FinishReason } from '../../../src-shared/domain/generation/generation.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import type { AdaptedModel } from '../adapters/adapted-model.ts';
import { KeyValueCache } from '../models/key-value-cache.ts';
import { chooseToken } from './choose-token.ts';
import type { EndTokens } from './end-tokens.ts';

export interface GenerationOptions {
  readonly maxNewTokens: number;
  /** Parameters of the logits processors, by name. */
  readonly parameters: ParameterValues;
  /** Every row has its own random stream. */
  readonly seed: number;
  readonly endTokens: EndTokens;
}

interface Row {
  /** Padding, prompt and generated tokens. */
  readonly tokens: number[];
  readonly random: RandomStream;
  generated: number;
  finished: FinishReason | null;
}

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
  private readonly model: AdaptedModel;
  private readonly options: GenerationOptions;
  private readonly rows: readonly Row[];
  private readonly cache = new KeyValueCache();
  /** [batch, tokens so far]; null where nothing is padded. */
  private mask: number[][] | null;
  private promptSeconds = 0;
  private generationSeconds = 0;
  private readonly promptTokens: number;

  /** @throws StudioError invalid_input if a prompt is empty or fills the model's context. */
  constructor(model: AdaptedModel, prompts: readonly (readonly number[])[], options: GenerationOptions) {
    this.model = model;
    this.options = options;
    const longest = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
    if (prompts.some((prompt) => prompt.length === 0))
      throw new StudioError(
        'invalid_input',
        'The prompt is empty.',
        'Write at least one word for the model to continue from.',
      ).at('prompt');
    if (longest >= this.maxPositions)
      throw new StudioError(
        'invalid_input',
        `The prompt has ${longest} tokens, but the model takes ${this.maxPositions} in all, the answer included.`,
        'Shorten the prompt.',
      ).at('prompt');
    this.rows = prompts.map((prompt, index) => ({
      tokens: [...Array<number>(longest - prompt.length).fill(options.endTokens.pad), ...prompt],
      random: RandomStream.seeded(options.seed + index, 'generation'),
      generated: 0,
      finished: null,
    }));
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

  /** Padding, prompt and generated tokens of a row; rows that ended earlier are padded. */
  tokens(row: number): readonly number[] {
    return this.rows[row]?.tokens ?? [];
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
      const { parameters, endTokens, maxNewTokens } = this.options;
      const token = chooseToken(scores.subarray(index * size, (index + 1) * size), row.tokens, parameters, row.random);
      row.tokens.push(token);
      row.generated++;
      if (endTokens.eos.includes(token)) row.finished = 'end';
      else if (row.generated >= maxNewTokens) row.finished = 'length';
      else if (row.tokens.length >= this.maxPositions) row.finished = 'context';
      return row.finished === 'end' ? null : token;
    });
    for (const row of this.mask ?? []) row.push(1);
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
    const past = this.cache.length;
    const batch = this.rows.length;
    const ids = this.rows.flatMap(({ tokens }) => tokens.slice(past));
    const inputs: Record<string, tf.Tensor> = {
      input_ids: tf.tensor2d(Int32Array.from(ids), [batch, ids.length / batch], 'int32'),
    };
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
