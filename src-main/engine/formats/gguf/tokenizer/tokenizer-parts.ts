/** What the two kinds of tokenizer say differently in tokenizer.json. */
export interface TokenizerParts {
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  readonly decoder: unknown;
  readonly model: Readonly<Record<string, unknown>>;
  /** Whether texts begin with the first token where the file does not say. */
  readonly addsBos: boolean;
}
