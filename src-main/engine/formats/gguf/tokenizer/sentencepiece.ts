import { type Merge, splitMerges } from '../../../tokenization/split-merges.ts';
import type { GgufFile } from '../gguf-file.ts';
import { ggufParseError } from '../parse-error.ts';
import { listedMerges } from './byte-level.ts';
import type { TokenizerParts } from './tokenizer-parts.ts';
import type { SpecialIds, Vocabulary } from './vocabulary.ts';

/** The character for a space in sentencepiece. */
const space = '▁';

/** Llama 2's kind: sentencepiece's byte-pair encoding, with byte fallback. */
export function sentencepieceParts(file: GgufFile, vocabulary: Vocabulary, special: SpecialIds): TokenizerParts {
  const prefixed = file.metadata.flag('tokenizer.ggml.add_space_prefix') ?? true;
  const spaced = { type: 'Replace', pattern: { String: ' ' }, content: space };
  const merges = file.metadata.has('tokenizer.ggml.merges')
    ? listedMerges(file, vocabulary)
    : mergesByScore(file, vocabulary);
  return {
    normalizer: prefixed ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: space }, spaced] } : spaced,
    preTokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: space }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefixed ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: special.unknown === null ? null : (vocabulary.tokens[special.unknown] ?? null),
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary.ids),
      merges,
    },
    addsBos: true,
  };
}

/** Longest token for which every split in two is tried. */
const longestToken = 1024;

/**
 * sentencepiece has a score for each token and merges the neighbors that give the token with the highest score. The
 * equivalent list of merges: every split of a token into two others, tokens with high scores first.
 */
function mergesByScore(file: GgufFile, vocabulary: Vocabulary): Merge[] {
  const { ids, kinds, tokens } = vocabulary;
  const key = 'tokenizer.ggml.scores';
  const scores = file.metadata.numbers(key);
  if (scores === null) throw ggufParseError(file.path, `lacks the key "${key}"`);
  if (scores.length !== tokens.length)
    throw ggufParseError(file.path, `has ${scores.length} entries in "${key}" for ${tokens.length} tokens`);
  const pieces = new Map([...ids].filter(([, id]) => kinds[id] === 'normal'));
  for (const [token, id] of pieces)
    if (token.length > longestToken)
      throw ggufParseError(file.path, `has a token of ${token.length} letters, number ${id}`);
  const score = (id: number): number => scores[id] ?? 0;
  const ranked = [...pieces].sort(([, one], [, other]) => score(other) - score(one));
  const tokensByScore = ranked.map(([token]) => token);
  return splitMerges(tokensByScore, pieces, 'by rank');
}
