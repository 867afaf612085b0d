import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { FinishReason } from '../../../src-shared/domain/generation/generation.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { chooseToken } from './choose-token.ts';
import type { EndTokens } from './end-tokens.ts';
import { type Likely, TokenProbabilities } from './token-probabilities.ts';

export interface RowOptions {
  readonly maxNewTokens: number;
  /** Parameters of the logits processors, by name. */
  readonly parameters: ParameterValues;
  readonly seed: number;
  readonly endTokens: EndTokens;
  /** Number of likeliest tokens to record beside each new token; absent: no probabilities are recorded. */
  readonly topTokens?: number | undefined;
}

/** A generated token, and the likeliest tokens in its position. */
export interface RecordedToken extends Likely {
  readonly top: readonly Likely[];
}

/** A text that a language model writes: its tokens so far, its own random stream, and its end. */
export class GenerationRow {
  /** Padding, prompt and generated tokens; behind an encoder the decoder's alone. */
  readonly tokens: number[];
  /** New tokens with their probabilities, if requested: also the one that ended the text. */
  readonly recorded: RecordedToken[] = [];
  generated = 0;
  /** Null while the text continues. */
  finished: FinishReason | null = null;
  private readonly options: RowOptions;
  private readonly maxPositions: number;
  private readonly random: RandomStream;

  /** @param maxPositions number of tokens that the model takes in all */
  constructor(tokens: readonly number[], options: RowOptions, maxPositions: number) {
    this.tokens = [...tokens];
    this.options = options;
    this.maxPositions = maxPositions;
    this.random = RandomStream.seeded(options.seed, 'generation');
  }

  /**
   * Chooses the next token; null for one that ends the text.
   * @param scores logits [vocabulary]; changed in place.
   * @throws StudioError not_finite if a score is not a number.
   */
  take(scores: Float32Array): number | null {
    const { parameters, endTokens, maxNewTokens, topTokens } = this.options;
    const probabilities = topTokens === undefined ? null : new TokenProbabilities(scores);
    const token = chooseToken(scores, this.tokens, parameters, this.random);
    if (probabilities !== null)
      this.recorded.push({ id: token, logprob: probabilities.of(token), top: probabilities.top(topTokens ?? 0) });
    this.tokens.push(token);
    this.generated++;
    if (endTokens.eos.includes(token)) this.finished = 'end';
    else if (this.generated >= maxNewTokens) this.finished = 'length';
    else if (this.tokens.length >= this.maxPositions) this.finished = 'context';
    return this.finished === 'end' ? null : token;
  }
}

/** @throws StudioError invalid_input if a prompt is empty or fills the model's context. */
export function requirePrompts(prompts: readonly (readonly number[])[], maxPositions: number): void {
  if (prompts.some((prompt) => prompt.length === 0))
    throw new StudioError(
      'invalid_input',
      'The prompt is empty.',
      'Write at least one word for the model to continue from.',
    ).at('prompt');
  const longest = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
  if (longest >= maxPositions)
    throw new StudioError(
      'invalid_input',
      `The prompt has ${longest} tokens, but the model takes ${maxPositions} in all, the answer included.`,
      'Shorten the prompt.',
    ).at('prompt');
}
