import type { GgufFile } from '../gguf-file.ts';
import { ggufParseError, unsupportedGguf } from '../parse-error.ts';
import { type PreTokenizer, preTokenizers } from './pre-tokenizers.ts';
import type { TokenizerParts } from './tokenizer-parts.ts';
import type { Vocabulary } from './vocabulary.ts';

/** GPT-2's kind: text as bytes, each written as a letter, joined by the merges that the file lists. */
export function byteLevelParts(file: GgufFile, vocabulary: Vocabulary, warn: (text: string) => void): TokenizerParts {
  const kind = preTokenizerOf(file, warn);
  return {
    normalizer: kind.normalizer,
    preTokenizer: kind.preTokenizer,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: kind.ignoreMerges,
      vocab: Object.fromEntries(vocabulary.ids),
      merges: listedMerges(file, vocabulary),
    },
    addsBos: kind.addsBos,
  };
}

/** The merges of the file in order, as pairs. Throws StudioError if the result of a merge is not a token. */
export function listedMerges(file: GgufFile, vocabulary: Vocabulary): [string, string][] {
  const key = 'tokenizer.ggml.merges';
  return file.metadata.requiredTexts(key).map((merge, index) => {
    // The first byte of a token is never a space in these alphabets, but a token may be one of several.
    const cut = merge.indexOf(' ', 1);
    const [left, right] = [merge.slice(0, cut), merge.slice(cut + 1)];
    if (cut < 0 || !vocabulary.ids.has(left + right) || !vocabulary.ids.has(left) || !vocabulary.ids.has(right))
      throw ggufParseError(
        file.path,
        `has the entry ${index}, "${merge}", in "${key}", which joins no two tokens to a third`,
      );
    return [left, right];
  });
}

function preTokenizerOf(file: GgufFile, warn: (text: string) => void): PreTokenizer {
  const key = 'tokenizer.ggml.pre';
  const name = file.metadata.text(key);
  const found = preTokenizers.find(({ names }) => name !== null && names.includes(name));
  if (found) return found;
  const [gpt2] = preTokenizers;
  if ((name === null || name === 'default') && gpt2) {
    warn(
      `${file.path} does not say how its tokenizer cuts text into words ("${key}" is ${name === null ? 'missing' : '"default"'}): GPT-2's rule is taken, which may give other tokens than the model was trained on.`,
    );
    return gpt2;
  }
  throw unsupportedGguf(
    file.path,
    `cuts text into words by the rule "${name}" ("${key}")`,
    `Supported are ${preTokenizers.flatMap(({ names }) => names).join(', ')}. The original Hugging Face folder of the model can be used instead.`,
  );
}
