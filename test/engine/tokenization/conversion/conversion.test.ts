import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs/light.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../../../src-main/engine/tokenization/tokenizer.ts';
import { goldenPath } from '../../golden.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-conversion-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** A SentencePiece model of pieces with a kind, whose trainer has a model type. */
function model(pieces: readonly (readonly [text: string, kind: number])[], modelType = 2): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [text, kind] of pieces) writer.uint32(10).fork().uint32(10).string(text).uint32(24).int32(kind).ldelim();
  return writer.uint32(18).fork().uint32(24).int32(modelType).ldelim().finish();
}

describe('a SentencePiece model without tokenizer.json', () => {
  const golden = () => goldenPath('misc', 'tokenizers', 'sentencepiece-mistral');

  it('gives tokens to placeholders that tokenizer_config.json names', async () => {
    cpSync(golden(), folder, { recursive: true });
    const added = { content: '<|im_start|>', special: true, normalized: false };
    write('tokenizer_config.json', JSON.stringify({ added_tokens_decoder: { 3: added } }));
    expect((await loadTokenizer(folder)).encode('<|im_start|>').ids).toEqual([3]);
  });

  it('takes special tokens from special_tokens_map.json and new tokens from added_tokens.json', async () => {
    cpSync(golden(), folder, { recursive: true });
    write('special_tokens_map.json', JSON.stringify({ pad_token: '<pad>' }));
    write('added_tokens.json', JSON.stringify({ '<pad>': 420, '<|im_end|>': 421 }));
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.special('pad')).toEqual({ content: '<pad>', id: 420 });
    expect(tokenizer.encode('<|im_end|>', { addSpecialTokens: false }).ids).toEqual([421]);
  });

  it('gives way to tokenizer.json', async () => {
    cpSync(goldenPath('misc', 'tokenizers', 'wordpiece'), folder, { recursive: true });
    write('tokenizer.model', 'damaged');
    expect((await loadTokenizer(folder)).files.file).toBe(join(folder, 'tokenizer.json'));
  });

  it('fails with the name of a damaged file', async () => {
    const whole = readFileSync(join(golden(), 'tokenizer.model'));
    for (const bytes of [Buffer.alloc(0), Buffer.from('IQ== 0\nIg== 1\n'), whole.subarray(0, whole.length - 3)]) {
      const file = write('tokenizer.model', bytes);
      await expect(loadTokenizer(folder)).rejects.toMatchObject({
        code: 'invalid_file',
        message: `${file} is not a SentencePiece model, or is damaged.`,
        hint: expect.stringContaining('save_pretrained'),
      });
    }
  });

  it('rejects pieces that would take minutes to split', async () => {
    write('tokenizer.model', model([...Array(3000).keys()].map((index) => [`${index}${'a'.repeat(500)}`, 1])));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'invalid_file' });
    write('tokenizer.model', model([['a'.repeat(513), 1]]));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'invalid_file' });
  });

  it('rejects kinds and classes that are not converted, by name', async () => {
    const file = write('tokenizer.model', model([['<unk>', 2]], 3));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: 'refused',
      message: `${file} cannot be converted to a tokenizer: it has words or characters as its tokens, and only Unigram and BPE are converted.`,
    });
    write('tokenizer_config.json', JSON.stringify({ tokenizer_class: 'PegasusTokenizer' }));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('tokenizers of the class PegasusTokenizer are not converted'),
    });
    write('tokenizer_config.json', JSON.stringify({ tokenizer_class: 'T5TokenizerFast' }));
    write('tokenizer.model', model([['<unk>', 2]], 2));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      message: expect.stringContaining('T5Tokenizer needs a Unigram model'),
    });
  });

  it('names the key of tokenizer_config.json that is not valid', async () => {
    cpSync(golden(), folder, { recursive: true });
    const file = write('tokenizer_config.json', JSON.stringify({ legacy: 'yes' }));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringContaining(`${file}: legacy: `),
    });
  });
});

describe('tekken.json without tokenizer.json', () => {
  const bytes = [...Array(256).keys()].map((byte) => Buffer.from([byte]));
  const tekken = (changes: object = {}) => ({
    config: { pattern: String.raw`\p{L}+|\P{L}`, default_vocab_size: 261, default_num_special_tokens: 4 },
    vocab: [...bytes, Buffer.from('ab'), Buffer.from('zz')].map((token, rank) => ({
      rank,
      token_bytes: token.toString('base64'),
    })),
    special_tokens: ['<unk>', '<s>', '</s>'].map((token_str, rank) => ({ rank, token_str })),
    ...changes,
  });

  it('puts special tokens and their fillers first and leaves out tokens beyond the vocabulary', async () => {
    write('tekken.json', JSON.stringify(tekken()));
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.encode('ab</s>zz').ids).toEqual([260, 2, 126, 126]);
    expect(tokenizer.encode('<SPECIAL_3>').ids).toEqual([3]);
    expect(tokenizer.decode([260, 2, 126])).toBe('ab</s>z');
  });

  it('names the part of a damaged file', async () => {
    for (const [content, reason] of [
      ['{', 'it is not JSON'],
      [JSON.stringify(tekken({ vocab: [] })), 'vocab: '],
      [JSON.stringify(tekken({ special_tokens: undefined })), 'special_tokens is missing'],
      [
        JSON.stringify(tekken({ special_tokens: [{ rank: 1, token_str: '<s>' }] })),
        'special_tokens: ranks do not count from 0',
      ],
    ] as const) {
      const file = write('tekken.json', content);
      await expect(loadTokenizer(folder)).rejects.toMatchObject({
        code: 'invalid_file',
        message: expect.stringContaining(`${file} cannot be converted to a tokenizer: ${reason}`),
      });
    }
  });
});
