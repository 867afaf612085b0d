import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { byteSymbols } from '../byte-symbols.ts';
import { splitMerges } from '../split-merges.ts';
import { type ConvertedParts, specialToken } from './tokenizer-parts.ts';

const limits = { tokens: 2 ** 20, tokenBytes: 512, squaredBytes: 2 ** 29 };
const count = z.number().int().min(0).max(limits.tokens).nullish();

/** Mistral's file of byte-level tokens, the parts that determine ids and text. */
const tekkenSchema = z.object({
  config: z.object({
    pattern: z.string(),
    default_vocab_size: count,
    default_num_special_tokens: count,
  }),
  vocab: z
    .array(z.object({ token_bytes: z.base64().max(limits.tokenBytes * 2) }))
    .min(256)
    .max(limits.tokens),
  special_tokens: z
    .array(z.object({ rank: z.number().int(), token_str: z.string().min(1) }))
    .max(limits.tokens)
    .optional(),
});

/**
 * Converts tekken.json as Transformers does: special tokens first, then the tokens in the order of their ranks.
 * @throws StudioError invalid_file naming the file and the key
 */
export function convertTekken(file: string, text: string): ConvertedParts {
  const { config, vocab, special_tokens } = parse(file, text);
  if (special_tokens === undefined) throw damaged(file, 'special_tokens is missing, as in files of 2024');
  const named = special_tokens.toSorted((one, other) => one.rank - other.rank);
  if (named.some(({ rank }, index) => rank !== index)) throw damaged(file, 'special_tokens: ranks do not count from 0');
  const specialCount = config.default_num_special_tokens ?? named.length;
  const fillers = Array.from({ length: Math.max(0, specialCount - named.length) }, (_, index) => named.length + index);
  const special = [...named.map(({ token_str }) => token_str), ...fillers.map((id) => `<SPECIAL_${id}>`)];
  const kept = config.default_vocab_size == null ? vocab : vocab.slice(0, config.default_vocab_size - specialCount);
  const ranks = new Map(kept.map(({ token_bytes }, rank) => [lettersOf(token_bytes), rank]));
  const work = [...ranks.keys()].reduce((sum, { length }) => sum + length ** 2, 0);
  if (work > limits.squaredBytes) throw damaged(file, 'vocab has too many long tokens');
  const ids = new Map([...ranks].map(([token, rank]) => [token, rank + specialCount]));
  for (const [id, token] of special.entries()) ids.set(token, id);
  return {
    ids,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab: Object.fromEntries(ids),
      merges: splitMerges(ranks.keys(), ranks, 'by rank'),
    },
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: config.pattern }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    post_processor: null,
    added: special.map(specialToken),
    special: {},
  };
}

function lettersOf(base64: string): string {
  return Array.from(Buffer.from(base64, 'base64'), (byte) => byteSymbols[byte] ?? '').join('');
}

function parse(file: string, text: string): z.infer<typeof tekkenSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(file, 'it is not JSON');
  }
  const checked = tekkenSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw damaged(file, `${issue?.path.join('.') || 'the whole file'}: ${issue?.message ?? 'not valid'}`);
}

function damaged(file: string, what: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${file} cannot be converted to a tokenizer: ${what}.`,
    'Copy or download the file again; or put the tokenizer.json that Transformers writes with save_pretrained beside it.',
  );
}
