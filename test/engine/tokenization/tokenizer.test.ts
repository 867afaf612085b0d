import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadTokenizer, TextTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import {
  parseTokenizer,
  parseTokenizerConfig,
  type TokenizerFiles,
} from '../../../src-main/engine/tokenization/tokenizer-files.ts';
import { WorkClock } from '../../../src-main/files/work-clock.ts';
import type { StudioError } from '../../../src-shared/contract/errors.ts';
import { goldenPath } from '../golden.ts';

const ids = z.array(z.number());
const expectedSchema = z.object({
  single: z.array(
    z.object({
      text: z.string(),
      ids,
      ids_without_special_tokens: ids,
      decoded: z.string(),
      decoded_with_special_tokens: z.string(),
    }),
  ),
  pairs: z.array(z.object({ text: z.string(), pair: z.string(), ids, type_ids: ids })),
  truncated: z.array(z.object({ text: z.string(), max_length: z.number(), ids })),
});

describe.each(readdirSync(goldenPath('misc', 'tokenizers')))('%s', (name) => {
  const directory = goldenPath('misc', 'tokenizers', name);
  const expected = expectedSchema.parse(JSON.parse(readFileSync(`${directory}/expected.json`, 'utf8')));

  it('encodes, pairs, truncates and decodes as transformers does', async () => {
    const tokenizer = await loadTokenizer(directory);
    expect(expected.single.length).toBeGreaterThan(30);
    for (const one of expected.single) {
      expect(tokenizer.encode(one.text).ids, one.text).toEqual(one.ids);
      expect(tokenizer.encode(one.text, { addSpecialTokens: false }).ids, one.text).toEqual(
        one.ids_without_special_tokens,
      );
      expect(tokenizer.decode(one.ids), one.text).toBe(one.decoded_with_special_tokens);
      expect(tokenizer.decode(one.ids, { skipSpecialTokens: true }), one.text).toBe(one.decoded);
    }
    for (const { text, pair, ids, type_ids } of expected.pairs)
      expect(tokenizer.encode(text, { pair })).toEqual({ ids, typeIds: type_ids });
    for (const { text, max_length, ids } of expected.truncated)
      expect(tokenizer.encode(text, { maxLength: max_length }).ids).toEqual(ids);
  });
});

/** Every character of `texts` is a token, with its place among them as id. */
function characters(texts: string, parts: Record<string, unknown> = {}, config: Record<string, unknown> = {}) {
  const vocab = Object.fromEntries([...new Set(texts)].map((character, index) => [character, index]));
  return made({ model: { type: 'BPE', vocab, merges: [] }, ...parts }, config);
}

function made(tokenizer: Record<string, unknown>, config: Record<string, unknown> = {}): TextTokenizer {
  return new TextTokenizer(filesOf(tokenizer, config));
}

function filesOf(tokenizer: Record<string, unknown>, config: Record<string, unknown> = {}): TokenizerFiles {
  return {
    file: 'tokenizer.json',
    configFile: 'tokenizer_config.json',
    tokenizer: parseTokenizer('tokenizer.json', JSON.stringify(tokenizer)),
    config: parseTokenizerConfig('tokenizer_config.json', JSON.stringify(config)),
    chatTemplate: null,
  };
}

/** The words that a pre-tokenizer cuts `text` into: each is one token, by its place. */
function words(pre_tokenizer: unknown, text: string, expected: readonly string[]): void {
  const vocab = Object.fromEntries([...new Set(expected), '?'].map((word, index) => [word, index]));
  const model = { type: 'WordPiece', vocab, unk_token: '?', continuing_subword_prefix: '##' };
  const tokenizer = made({ model, pre_tokenizer });
  expect(tokenizer.encode(text).ids).toEqual(expected.map((word) => vocab[word]));
}

describe('pre-tokenizers, as the Rust library has them', () => {
  it('takes digits of every script, and fractions', () => {
    words({ type: 'Digits', individual_digits: true }, 'a12½٣b', ['a', '1', '2', '½', '٣', 'b']);
    words({ type: 'Digits', individual_digits: false }, 'a12½b', ['a', '12½', 'b']);
  });

  it('keeps letters with accents in their words', () => {
    words({ type: 'Whitespace' }, 'Größe, naïve a_b 1²', ['Größe', ',', 'naïve', 'a_b', '1', '²']);
  });

  it('takes no byte order mark for a space', () => {
    words({ type: 'WhitespaceSplit' }, 'a\u{FEFF}b c', ['a\u{FEFF}b', 'c']);
  });

  it('cuts at punctuation and at patterns in each of the five ways', () => {
    const text = 'the-final--countdown';
    const minus = { type: 'Split', pattern: { String: '-' } };
    words({ type: 'Punctuation' }, 'so!! yes', ['so', '!', '!', ' yes']);
    words({ ...minus, behavior: 'Isolated' }, text, ['the', '-', 'final', '-', '-', 'countdown']);
    words({ ...minus, behavior: 'Removed' }, text, ['the', 'final', 'countdown']);
    words({ ...minus, behavior: 'Contiguous' }, text, ['the', '-', 'final', '--', 'countdown']);
    words({ ...minus, behavior: 'MergedWithPrevious' }, text, ['the-', 'final-', '-', 'countdown']);
    words({ ...minus, behavior: 'MergedWithNext' }, text, ['the', '-final', '-', '-countdown']);
    words({ type: 'Split', pattern: { Regex: '[a-z]+' }, behavior: 'Removed', invert: true }, text, [
      'the',
      'final',
      'countdown',
    ]);
  });

  it('marks the beginning of words once, and splits at the marks', () => {
    words({ type: 'Metaspace', prepend_scheme: 'always' }, 'a bc', ['▁a', '▁bc']);
    words({ type: 'Metaspace', add_prefix_space: false }, 'a bc', ['a', '▁bc']);
    words({ type: 'Metaspace', prepend_scheme: 'never', split: false }, 'a bc', ['a▁bc']);
  });

  it('puts a space before a text for the byte-level words, where asked to', () => {
    words({ type: 'ByteLevel', add_prefix_space: true }, "a b's", ['Ġa', 'Ġb', "'s"]);
    words({ type: 'ByteLevel', add_prefix_space: false }, 'a b', ['a', 'Ġb']);
    words({ type: 'ByteLevel', add_prefix_space: true }, 'a😀b', ['Ġa', 'ðŁĺĢ', 'b']);
  });
});

describe('Unigram models', () => {
  it('choose between equal splits as the Rust library does, with rounding', () => {
    const vocab = [
      ['<unk>', 0],
      ['x', -2.0977600523181534],
      ['l', -2.0777988738688586],
      ['ll', -0.6563431120130658],
    ];
    const tokenizer = made({ model: { type: 'Unigram', vocab, unk_id: 0 } });
    expect(tokenizer.encode('xlll').ids).toEqual([1, 3, 2]);
    expect(tokenizer.encode('xlllx').ids).toEqual([1, 3, 2, 1]);
    expect(tokenizer.encode('yxzz').ids).toEqual([0, 1, 0]);
  });
});

describe("Unicode's normal forms, as the Rust library has them", () => {
  const normalized = (types: readonly string[], text: string, expected: string) => {
    const normalizer = { type: 'Sequence', normalizers: types.map((type) => ({ type })) };
    const tokenizer = characters(`${expected}?`, { normalizer });
    expect(tokenizer.decode(tokenizer.encode(text).ids).replaceAll(/(.) ?/gsu, '$1')).toBe(expected);
  };

  it('lowercase the last sigma of a word like any other', () => normalized(['Lowercase'], 'ΟΔΟΣ', 'οδοσ'));
  it('leave characters that are newer than the library', () => {
    normalized(['NFKC'], 'ｱ\u{1FBF9}㋿', 'ア\u{1FBF9}㋿');
    normalized(['NFD', 'StripAccents'], 'é\u{897}', 'e\u{897}');
    normalized(['NFC'], 'e\u0301\u{105D2}\u0307', 'é\u{105D2}\u0307');
  });
});

describe("BERT's normalizer, as the Rust library has it", () => {
  const normalized = (text: string, options: object, expected: string) => {
    const tokenizer = characters(`${expected}?`, { normalizer: { type: 'BertNormalizer', ...options } });
    expect(tokenizer.decode(tokenizer.encode(text).ids).replaceAll(/(.) ?/gsu, '$1')).toBe(expected);
    expect(tokenizer.encode(text).ids).toHaveLength([...expected].length);
  };

  it('sets ideographs of every plane apart', () => {
    normalized('a\u{20001}中b', { handle_chinese_chars: true }, 'a \u{20001}  中 b');
  });

  it('drops control characters and private ones, and makes every space a plain one', () => {
    normalized('a\0\u{FFFD}\u{FEFF}\u{E000}\u{7}b\u{3000}c\td', { clean_text: true }, 'ab c d');
  });

  it('takes accents away with capitals, unless told otherwise, and knows no final sigma', () => {
    normalized('ÉΣ', { lowercase: true }, 'eσ');
    normalized('ÉΣ', { lowercase: true, strip_accents: false }, 'éσ');
    normalized('É', { lowercase: false, strip_accents: true }, 'E');
    normalized('É', { lowercase: false }, 'É');
  });
});

describe('special tokens and truncation', () => {
  const around = { sep: ['s', 1], cls: ['c', 0] };

  it('separates a pair once as BERT does, twice and of one type as RoBERTa does', () => {
    const bert = characters('csab', { post_processor: { type: 'BertProcessing', ...around } });
    expect(bert.encode('a', { pair: 'b' })).toEqual({ ids: [0, 2, 1, 3, 1], typeIds: [0, 0, 0, 1, 1] });
    const roberta = characters('csab', { post_processor: { type: 'RobertaProcessing', ...around } });
    expect(roberta.encode('a', { pair: 'b' })).toEqual({ ids: [0, 2, 1, 1, 3, 1], typeIds: [0, 0, 0, 0, 0, 0] });
    expect(roberta.encode('ab').ids).toEqual([0, 2, 3, 1]);
    expect(roberta.encode('', { pair: '' }).ids).toEqual([0, 1, 1, 1]);
  });

  it('cuts the longer of two first, or the one that is named, from the side that is named', () => {
    const plain = characters('abcdefgh');
    const cut = (truncation: 'longest_first' | 'only_first' | 'only_second', maxLength: number) =>
      plain.decode(plain.encode('abcde', { pair: 'fgh', maxLength, truncation }).ids).replaceAll(' ', '');
    expect(cut('longest_first', 6)).toBe('abcfgh');
    expect(cut('longest_first', 5)).toBe('abcfg');
    expect(cut('only_first', 5)).toBe('abfgh');
    expect(cut('only_second', 6)).toBe('abcdef');
    expect(() => cut('only_second', 5)).toThrow('cannot be cut to 5 tokens by only_second: that text has 3 tokens');
    const left = characters('abcdefgh', {}, { truncation_side: 'left' });
    expect(left.encode('abcde', { maxLength: 2 }).ids).toEqual([3, 4]);
    const bert = characters('csab', { post_processor: { type: 'BertProcessing', ...around } });
    expect(bert.encode('abab', { maxLength: 3 }).ids).toEqual([0, 2, 1]);
    // Follows Transformers: next to special tokens alone, neither text has room, whichever is to be truncated.
    for (const truncation of ['longest_first', 'only_first', 'only_second'] as const)
      expect(bert.encode('a', { pair: 'bab', maxLength: 3, truncation })).toEqual({
        ids: [0, 1, 1],
        typeIds: [0, 0, 1],
      });
    expect(() => bert.encode('a', { maxLength: 1 })).toThrow('the special tokens alone are 2');
  });

  it('fills up on the side of the config, or on the one that is asked for', () => {
    const tokenizer = characters('ab_', {}, { pad_token: { content: '_' } });
    const rows = tokenizer.encodeAll(['ab', 'b']);
    expect(tokenizer.pad(rows)).toEqual({
      batch: 2,
      tokens: 2,
      inputIds: Int32Array.of(0, 1, 1, 2),
      attentionMask: Int32Array.of(1, 1, 1, 0),
      tokenTypeIds: new Int32Array(4),
    });
    expect(tokenizer.pad(rows, 'left').inputIds).toEqual(Int32Array.of(0, 1, 2, 1));
    expect(tokenizer.pad(rows, 'left').attentionMask).toEqual(Int32Array.of(1, 1, 0, 1));
  });
});

describe('tokens', () => {
  it('takes added tokens out of the text first, also those of tokenizer_config.json alone', () => {
    const tokenizer = characters(
      'ab<>',
      { added_tokens: [{ id: 9, content: '<a>', special: true }] },
      { added_tokens_decoder: { 10: { content: '<b>', special: false, lstrip: true } }, eos_token: '<a>' },
    );
    expect(tokenizer.encode('b<a>a <b>').ids).toEqual([1, 9, 0, 10]);
    expect(tokenizer.decode([0, 9, 10], { skipSpecialTokens: true })).toBe('a <b>');
    expect(tokenizer.special('eos')).toEqual({ content: '<a>', id: 9 });
    expect(tokenizer.special('pad')).toBeNull();
  });

  it('matches a single_word token only where no letter, digit or joiner is beside it', () => {
    const added_tokens = [{ id: 9, content: 'ab', single_word: true }];
    const tokenizer = characters('ab -1\u{200D}', { added_tokens });
    expect(tokenizer.encode('ab').ids).toEqual([9]);
    expect(tokenizer.encode('-ab ab-').ids).toEqual([3, 9, 2, 9, 3]);
    expect(tokenizer.encode('ab1').ids).toEqual([0, 1, 4]);
    expect(tokenizer.encode('aab').ids).toEqual([0, 0, 1]);
    expect(tokenizer.encode('ab\u{200D}').ids).toEqual([0, 1, 5]);
  });

  it('finds tokens in the normalized text where they say so, and takes the spaces beside them that they say', () => {
    const added_tokens = [
      { id: 8, content: 'AB', normalized: true },
      { id: 9, content: '<b>', normalized: false, lstrip: true, rstrip: true },
    ];
    const tokenizer = characters('ab <>', { added_tokens, normalizer: { type: 'Lowercase' } });
    expect(tokenizer.encode('aBa').ids).toEqual([8, 0]);
    expect(tokenizer.encode('A  <b> \u{85}B').ids).toEqual([0, 9, 1]);
    expect(tokenizer.encode('<B>').ids).toEqual([3, 1, 4]);
  });

  it('strips the spaces that Rust knows from the ends of a text, and no byte order mark', () => {
    const normalizer = { type: 'Strip', strip_left: true, strip_right: true };
    const tokenizer = characters('a \u{FEFF}', { normalizer });
    expect(tokenizer.encode('\u{85} a a \u{FEFF} \n').ids).toEqual([0, 1, 0, 1, 2]);
  });

  it('gives no text for ids that are not in the vocabulary, and none for none', () => {
    const tokenizer = characters('ab', { decoder: { type: 'ByteLevel' } });
    expect(tokenizer.decode([1, 77, 0])).toBe('ba');
    expect(tokenizer.decode([])).toBe('');
  });

  it('falls back to bytes in a unigram model', () => {
    const vocab = ['<unk>', 'a', '<0xC3>', '<0xA9>'].map((token) => [token, -1]);
    const tokenizer = made({ model: { type: 'Unigram', vocab, unk_id: 0, byte_fallback: true } });
    expect(tokenizer.encode('aéa').ids).toEqual([1, 2, 3, 1]);
  });

  it('keeps the text of added tokens between bytes, in whatever letters', () => {
    const added_tokens = [{ id: 2, content: '<｜sep▁｜>', special: true }];
    for (const decoder of [{ type: 'ByteLevel' }, { type: 'Sequence', decoders: [{ type: 'ByteLevel' }] }])
      expect(characters('ab', { decoder, added_tokens }).decode([0, 2, 1])).toBe('a<｜sep▁｜>b');
  });

  it('decodes bytes with their order mark, and those that are no text one by one', () => {
    const vocab = Object.fromEntries(['a', '<0xEF>', '<0xBB>', '<0xBF>'].map((token, id) => [token, id]));
    const model = { type: 'BPE', vocab, merges: [] };
    const tokenizer = made({
      model,
      decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
    });
    expect(tokenizer.decode([0, 1, 2, 3, 0])).toBe('a\u{FEFF}a');
    expect(tokenizer.decode([0, 1, 2, 0])).toBe('a\u{FFFD}\u{FFFD}a');
  });

  it('drops what no token covers where there is no unknown token', () => {
    expect(characters('ab').encode('azb').ids).toEqual([0, 1]);
  });
});

describe('a file that does not fit', () => {
  const model = { type: 'BPE', vocab: { a: 0 }, merges: [] };
  it.each([
    ['{', 'tokenizer.json is not JSON.'],
    ['[]', 'tokenizer.json: the whole file: '],
    [{}, 'tokenizer.json: model: '],
    [{ model: { ...model, type: 'Word2Vec' } }, 'tokenizer.json: model.type: '],
    [{ model: { ...model, vocab: { a: -1 } } }, 'tokenizer.json: model.vocab.a: '],
    [{ model: { ...model, vocab: { a: 2 ** 40 } } }, 'tokenizer.json: model.vocab.a: '],
    [{ model: { ...model, merges: [7] } }, 'tokenizer.json: model.merges.0: '],
    [{ model, normalizer: { type: 'Shout' } }, 'tokenizer.json: normalizer.type: is no normalizer that is supported.'],
    [
      { model, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits' }, { type: 'Cut' }] } },
      'tokenizer.json: pre_tokenizer.pretokenizers.1.type: is no pre-tokenizer that is supported.',
    ],
    [
      { model, pre_tokenizer: { type: 'Split', pattern: {}, behavior: 'Isolated' } },
      'tokenizer.json: pre_tokenizer.pattern: ',
    ],
    [{ model, decoder: { type: 'ByteLevel' }, added_tokens: [{ id: 1 }] }, 'tokenizer.json: added_tokens.0.content: '],
    [
      { model, added_tokens: [{ id: 1, content: 'x'.repeat(4097) }] },
      'tokenizer.json: added_tokens.0.content: has more than 4096 characters.',
    ],
    [
      { model, added_tokens: Array.from({ length: 1100 }, (_, id) => ({ id, content: 'x'.repeat(4000) })) },
      'tokenizer.json: added_tokens: has tokens of more than four million characters in all.',
    ],
    [
      { model, normalizer: { type: 'Sequence', normalizers: Array.from({ length: 65 }, () => ({ type: 'NFC' })) } },
      'tokenizer.json: normalizer.normalizers: has more than 64 stages.',
    ],
  ])('is refused by name: %.80j', (value, message) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    expect(() => parseTokenizer('tokenizer.json', text)).toThrow(message);
  });

  it('names the file where a regular expression is none', () => {
    const pre_tokenizer = { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' };
    expect(() => made({ model, pre_tokenizer })).toThrow('tokenizer.json cannot be used: ');
  });

  it('is refused where it makes a text many times as long', () => {
    const replace = (content: string) => ({ type: 'Replace', pattern: { Regex: '.' }, content });
    const grown = (...contents: string[]) =>
      made({ model, normalizer: { type: 'Sequence', normalizers: contents.map(replace) } }).encode('a'.repeat(200));
    expect(grown('aaaaaaaa').ids).toHaveLength(1600);
    const message = 'tokenizer.json: normalizer: it makes a text more than 8 times as long.';
    for (const contents of [['aa', 'aa', 'aa', 'aa'], ['x'.repeat(1000)]])
      expect(() => grown(...contents)).toThrow(message);
  });

  it('refuses an expression that takes V8 seconds to compile', () => {
    const pattern = { Regex: `${'.?'.repeat(45)}${'.'.repeat(45)}z` };
    const pre_tokenizer = { type: 'Split', pattern, behavior: 'Isolated' };
    expect(() => new TextTokenizer(filesOf({ model, pre_tokenizer }))).toThrow('has more than 20 optional parts');
    const normalizer = { type: 'Replace', pattern, content: '' };
    expect(() => new TextTokenizer(filesOf({ model, normalizer }))).toThrow('has more than 20 optional parts');
  });

  it('has one clock for the expressions of many texts', () => {
    const pre_tokenizer = { type: 'Split', pattern: { Regex: '((a+)+)+!' }, behavior: 'Isolated' };
    const tokenizer = new TextTokenizer(filesOf({ model, pre_tokenizer }), new WorkClock(500));
    const text = 'a'.repeat(14);
    expect(() => tokenizer.encode(text)).not.toThrow();
    expect(() => Array.from({ length: 5000 }, () => tokenizer.encode(text))).toThrow('was stopped after 0.5 s');
  });

  it('says which file is missing', async () => {
    await expect(loadTokenizer(goldenPath('misc'))).rejects.toMatchObject<Partial<StudioError>>({
      code: 'invalid_file',
      message: `${goldenPath('misc')} has no tokenizer.json.`,
    });
  });
});
