import { aroundEach } from '../../../tokenization/conversion/tokenizer-parts.ts';
import type { GgufFile } from '../gguf-file.ts';
import { unsupportedGguf } from '../parse-error.ts';
import { byteLevelParts } from './byte-level.ts';
import { sentencepieceParts } from './sentencepiece.ts';
import type { TokenizerParts } from './tokenizer-parts.ts';
import { readSpecialIds, readVocabulary, type SpecialIds, type Vocabulary } from './vocabulary.ts';

/** The tokenizer of a file in the form of a Hugging Face folder. */
export interface ConvertedTokenizer {
  readonly special: SpecialIds;
  /** tokenizer.json */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** tokenizer_config.json, with the chat template */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Makes tokenizer.json and tokenizer_config.json of the metadata. `warn` is called for defaults that had to be assumed.
 * @throws StudioError naming the key that is missing, wrong, or names an unsupported kind of tokenizer.
 */
export function convertTokenizer(file: GgufFile, warn: (text: string) => void): ConvertedTokenizer {
  const vocabulary = readVocabulary(file);
  const special = readSpecialIds(file, vocabulary);
  const parts = partsOf(file, vocabulary, special, warn);
  const addsBos = file.metadata.flag('tokenizer.ggml.add_bos_token') ?? parts.addsBos;
  const addsEos = file.metadata.flag('tokenizer.ggml.add_eos_token') ?? false;
  return {
    special,
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(vocabulary, special),
      normalizer: parts.normalizer,
      pre_tokenizer: parts.preTokenizer,
      post_processor: template(vocabulary, addsBos ? special.bos : null, addsEos ? special.eos : null),
      decoder: parts.decoder,
      model: parts.model,
    },
    config: tokenizerConfig(file, vocabulary, special, { addsBos, addsEos }),
  };
}

function partsOf(
  file: GgufFile,
  vocabulary: Vocabulary,
  special: SpecialIds,
  warn: (text: string) => void,
): TokenizerParts {
  const key = 'tokenizer.ggml.model';
  const kind = file.metadata.requiredText(key);
  if (kind === 'gpt2') return byteLevelParts(file, vocabulary, warn);
  if (kind === 'llama') return sentencepieceParts(file, vocabulary, special);
  throw unsupportedGguf(
    file.path,
    `has a tokenizer of the kind "${kind}" ("${key}")`,
    'Supported are gpt2 (byte-level) and llama (sentencepiece). The original Hugging Face folder can be used instead.',
  );
}

/** Added tokens, which are found in a text first. */
function addedTokens(vocabulary: Vocabulary, special: SpecialIds): unknown[] {
  const named = new Set(Object.values(special));
  return [...vocabulary.ids].flatMap(([content, id]) => {
    const kind = vocabulary.kinds[id];
    const isSpecial = kind === 'control' || kind === 'unknown' || named.has(id);
    if (!isSpecial && kind !== 'user defined') return [];
    return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: isSpecial };
  });
}

/** Adds BOS and EOS around a text, or around each of two. */
function template({ tokens }: Vocabulary, bos: number | null, eos: number | null): object | null {
  if (bos === null && eos === null) return null;
  const textOf = (id: number | null): string | null => (id === null ? null : (tokens[id] ?? ''));
  const [start, end] = [textOf(bos), textOf(eos)];
  return aroundEach(start, end, (token) => (token === start ? bos : eos) ?? 0);
}

function tokenizerConfig(
  file: GgufFile,
  vocabulary: Vocabulary,
  special: SpecialIds,
  adds: { readonly addsBos: boolean; readonly addsEos: boolean },
): Record<string, unknown> {
  const named = (id: number | null): string | null => (id === null ? null : (vocabulary.tokens[id] ?? null));
  const chatTemplate = file.metadata.text('tokenizer.chat_template');
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_bos_token: adds.addsBos,
    add_eos_token: adds.addsEos,
    bos_token: named(special.bos),
    eos_token: named(special.eos),
    unk_token: named(special.unknown),
    pad_token: named(special.padding),
    clean_up_tokenization_spaces: false,
    ...(chatTemplate === null ? {} : { chat_template: chatTemplate }),
  };
}
