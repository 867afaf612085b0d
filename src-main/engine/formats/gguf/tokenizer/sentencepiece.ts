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
function mergesByScore(file: GgufFile, vocabulary: Vocabulary): [string, string][] {
  const { ids, kinds, tokens } = vocabulary;
  const key = 'tokenizer.ggml.scores';
  const scores = file.metadata.numbers(key);
  if (scores === null) throw ggufParseError(file.path, `lacks the key "${key}"`);
  if (scores.length !== tokens.length)
    throw ggufParseError(file.path, `has ${scores.length} entries in "${key}" for ${tokens.length} tokens`);
  const isPiece = (token: string): boolean => kinds[ids.get(token) ?? -1] === 'normal';
  const found: { left: string; right: string; score: number }[] = [];
  for (const [token, id] of ids) {
    if (!isPiece(token)) continue;
    if (token.length > longestToken)
      throw ggufParseError(file.path, `has a token of ${token.length} letters, number ${id}`);
    const cuts: { left: string; right: string; score: number }[] = [];
    for (let cut = 1; cut < token.length; cut++) {
      const [left, right] = [token.slice(0, cut), token.slice(cut)];
      if (isPiece(left) && isPiece(right)) cuts.push({ left, right, score: scores[id] ?? 0 });
    }
    const rank = (text: string): number => ids.get(text) ?? 0;
    cuts.sort((one, other) => rank(one.left) - rank(other.left) || rank(one.right) - rank(other.right));
    found.push(...cuts);
  }
  return found.sort((one, other) => other.score - one.score).map(({ left, right }) => [left, right]);
}
