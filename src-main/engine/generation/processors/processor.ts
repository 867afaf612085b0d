import type { ParameterSpec } from '../../../../src-shared/domain/parameter.ts';

/** One rule about which token comes next. */
export interface LogitsProcessor {
  /** Its one setting, as forms and the command show it. */
  readonly parameter: ParameterSpec & { readonly type: 'integer' | 'number'; readonly default: number };
  /** Whether it has a say where the likeliest token is always taken. */
  readonly greedyToo: boolean;
  /** Whether the setting changes nothing. */
  isOff(value: number): boolean;
  /**
   * Changes scores [vocabulary] in place; −∞ rules a token out.
   * @param tokens all tokens of the row so far: padding, prompt and generated.
   */
  process(scores: Float32Array, value: number, tokens: readonly number[]): void;
}
