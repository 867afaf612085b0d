/** Pre-tokenizer of a byte-level tokenizer, in the terms of tokenizer.json. */
export interface PreTokenizer {
  /** `tokenizer.ggml.pre`: all names of this one. */
  readonly names: readonly string[];
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  /** True if words that are tokens skip the merges. */
  readonly ignoreMerges: boolean;
  /** True if text starts with the BOS token by default. */
  readonly addsBos: boolean;
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };

function splitBy(...patterns: string[]): unknown {
  return {
    type: 'Sequence',
    pretokenizers: [
      ...patterns.map((Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })),
      { ...byteLevel, trim_offsets: false, use_regex: false },
    ],
  };
}

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const letters = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+';
const cased = (ending: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+${ending}|` +
  `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*${ending}`;
const rest = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

const slashed = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

export const preTokenizers: readonly PreTokenizer[] = [
  {
    names: ['gpt-2', 'phi-2', 'jina-es', 'jina-de', 'gigachat', 'mpt', 'olmo', 'dolly'],
    normalizer: null,
    preTokenizer: { ...byteLevel, use_regex: true },
    ignoreMerges: false,
    addsBos: false,
  },
  {
    names: ['llama-bpe', 'llama3', 'llama-v3', 'smaug-bpe', 'dbrx'],
    normalizer: null,
    preTokenizer: splitBy(`${contractions}|${letters}|\\p{N}{1,3}|${rest}`),
    ignoreMerges: true,
    addsBos: true,
  },
  {
    names: ['qwen2', 'deepseek-r1-qwen', 'stablelm2', 'hunyuan', 'megrez'],
    normalizer: { type: 'NFC' },
    preTokenizer: splitBy(`${contractions}|${letters}|\\p{N}|${rest}`),
    ignoreMerges: false,
    addsBos: false,
  },
  {
    names: ['smollm', 'starcoder', 'refact', 'command-r', 'codeshell'],
    normalizer: null,
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { ...byteLevel, use_regex: true },
      ],
    },
    ignoreMerges: false,
    addsBos: false,
  },
  {
    names: ['tekken'],
    normalizer: null,
    preTokenizer: splitBy(`${cased('')}|\\p{N}|${slashed}`),
    ignoreMerges: true,
    addsBos: true,
  },
  {
    // OpenAI's o200k: gpt-oss and Phi-4-mini.
    names: ['gpt-4o', 'llama4', 'kanana2', 'talkie'],
    normalizer: null,
    preTokenizer: splitBy(`${cased(`${contractions}?`)}|\\p{N}{1,3}|${slashed}`),
    ignoreMerges: false,
    addsBos: false,
  },
  {
    names: ['glm4', 'glm5'],
    normalizer: null,
    preTokenizer: splitBy(`${contractions}|${letters}|\\p{N}{1,3}|${rest}`),
    ignoreMerges: true,
    addsBos: false,
  },
];
