import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { BertNormalizer } from '../../../src-main/engine/tokenization/bert-normalizer.ts';
import { TextTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import { parseTokenizer, parseTokenizerConfig } from '../../../src-main/engine/tokenization/tokenizer-files.ts';
import { goldenPath } from '../golden.ts';

const ranges = z.array(z.tuple([z.number(), z.number()]));
const golden = z
  .object({
    dropped: ranges,
    spaces: ranges,
    ideographs: ranges,
    accents: ranges,
    decomposed: ranges,
    separators: ranges,
    punctuation: ranges,
  })
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'bert-characters.json'), 'utf8')));

const off = { clean_text: false, handle_chinese_chars: false, strip_accents: false, lowercase: false };

/** Ranges of the code points that hold between two letters, as in the golden values. */
function found(holds: (text: string) => boolean): [number, number][] {
  const list: [number, number][] = [];
  for (let code = 0; code < 0x110000; code++) {
    if ((code >= 0xd800 && code < 0xe000) || !holds(`a${String.fromCodePoint(code)}b`)) continue;
    const last = list.at(-1);
    if (last?.[1] === code - 1) last[1] = code;
    else list.push([code, code]);
  }
  return list;
}

it.each([
  { key: 'dropped', options: { clean_text: true }, gives: (text: string) => text === 'ab' },
  {
    key: 'spaces',
    options: { clean_text: true },
    gives: (text: string, was: string) => text === 'a b' && was !== text,
  },
  { key: 'ideographs', options: { handle_chinese_chars: true }, gives: (text: string, was: string) => text !== was },
  { key: 'accents', options: { strip_accents: true }, gives: (text: string) => text === 'ab' },
  {
    key: 'decomposed',
    options: { strip_accents: true },
    gives: (text: string, was: string) => text !== 'ab' && text !== was,
  },
] as const)('of all code points, those are $key that the Rust library takes so', ({ key, options, gives }) => {
  const normalizer = new BertNormalizer({ ...off, ...options });
  expect(found((text) => gives(normalizer.normalize(text), text))).toEqual(golden[key]);
});

it('words end at what is a space or punctuation to the Rust library', () => {
  const model = { type: 'WordPiece', unk_token: '?', continuing_subword_prefix: '##', max_input_chars_per_word: 100 };
  const tokenizer = new TextTokenizer({
    file: 'tokenizer.json',
    configFile: 'tokenizer_config.json',
    tokenizer: parseTokenizer(
      'tokenizer.json',
      JSON.stringify({
        model: { ...model, vocab: { '?': 0, a: 1, b: 2 } },
        pre_tokenizer: { type: 'BertPreTokenizer' },
      }),
    ),
    config: parseTokenizerConfig('tokenizer_config.json', '{}'),
    chatTemplate: null,
  });
  const isIn = (list: z.infer<typeof ranges>, code: number) =>
    list.some(([first, last]) => code >= first && code <= last);
  const edges = [...golden.separators, ...golden.punctuation, ...golden.accents].flatMap(([first, last]) => [
    first - 1,
    first,
    last,
    last + 1,
  ]);
  for (const code of new Set(edges.filter((edge) => edge > 0))) {
    const words = isIn(golden.punctuation, code) ? 3 : isIn(golden.separators, code) ? 2 : 1;
    expect(tokenizer.encode(`a${String.fromCodePoint(code)}b`).ids, code.toString(16)).toHaveLength(words);
  }
});
