/** Parts of tokenizer.json in which the two kinds of tokenizer differ. */
export interface TokenizerParts {
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  readonly decoder: unknown;
  readonly model: Readonly<Record<string, unknown>>;
  /** True if text starts with the BOS token by default. */
  readonly addsBos: boolean;
}
