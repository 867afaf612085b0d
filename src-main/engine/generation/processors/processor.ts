import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';

/** A rule that changes the scores of the next token. */
export interface LogitsProcessor {
  /** Its setting, as forms and the command show it. */
  readonly parameter: ParameterSpec & { readonly type: 'integer' | 'number'; readonly default: number };
  /** True if the processor also affects greedy decoding. */
  readonly greedyToo: boolean;
  /** Returns true if the setting has no effect. */
  isOff(value: number): boolean;
  /**
   * Changes scores [vocabulary] in place; −∞ rules a token out.
   * @param tokens all tokens of the row so far: padding, prompt and generated.
   */
  process(scores: Float32Array, value: number, tokens: readonly number[]): void;
}
