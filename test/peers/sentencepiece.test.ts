import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { loadTokenizer } from '../../src-main/engine/tokenization/tokenizer.ts';
import { parseTokenizer } from '../../src-main/engine/tokenization/tokenizer-files.ts';
import type { TokenizerFile } from '../../src-main/engine/tokenization/tokenizer-schema.ts';
import { runPeer } from './python.ts';

/** Kinds of `sentencepiece_zoo.py`: the form of a tokenizer with settings that change its conversion. */
const kinds = [
  ...['llama2', 'llama2-legacy', 'llama2-no-prefix', 'llama2-bare', 'llama2-chatml', 'llama2-old-maps'],
  ...['llama2-flags', 'mistral-flags', 'llama2-extra'],
  ...['mistral', 'mistral-first', 'mistral-v3', 'mixtral-bare', 'phi3', 'user-defined', 'spaces-removed'],
  ...['gemma', 'gemma-bare', 't5', 't5-bare', 't5-identity', 'unigram', 'unigram-bytes'],
  ...['xlm-roberta', 'albert', 'albert-cased', 'deberta-v2', 'tekken', 'tekken-bare'],
];
const textCount = 5000;
const expectedSchema = z.object({
  tokenizer: z.unknown(),
  special: z.record(z.string(), z.string().nullable()),
  rows: z.array(z.tuple([z.string(), z.array(z.number()), z.string(), z.string()])),
});
const roles = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const;

const folder = mkdtempSync(join(tmpdir(), 'coto-sentencepiece-zoo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => {
  const made = z
    .object({ kinds: z.array(z.string()) })
    .parse(runPeer('./sentencepiece_zoo.py', { folder, texts: textCount }));
  expect(made.kinds).toEqual(kinds);
});

/** The parts of tokenizer.json that determine ids and text; scores as SentencePiece stores them, in 32 bits. */
function partsOf({ added_tokens, normalizer, pre_tokenizer, decoder, model }: TokenizerFile) {
  const { vocab } = model;
  const scored = Array.isArray(vocab) ? vocab.map(([text, score]) => [text, Math.fround(score)]) : vocab;
  return { added_tokens, normalizer, pre_tokenizer, decoder, model: { ...model, vocab: scored } };
}

it.each(kinds)('converts %s as Transformers does, for 5000 texts', async (kind) => {
  const tokenizer = await loadTokenizer(join(folder, kind));
  const expected = expectedSchema.parse(JSON.parse(readFileSync(join(folder, kind, 'expected.json'), 'utf8')));
  const reference = parseTokenizer('expected.json', JSON.stringify(expected.tokenizer));
  expect(partsOf(tokenizer.files.tokenizer)).toEqual(partsOf(reference));
  for (const role of roles)
    expect([role, tokenizer.special(role)?.content ?? null]).toEqual([role, expected.special[role]]);
  expect(expected.rows).toHaveLength(textCount);
  const different = expected.rows.flatMap((row) => {
    const [text, ids] = row;
    const actual = [
      text,
      tokenizer.encode(text).ids,
      tokenizer.decode(ids),
      tokenizer.decode(ids, { skipSpecialTokens: true }),
    ];
    return JSON.stringify(row) === JSON.stringify(actual) ? [] : [{ expected: row, actual }];
  });
  expect(different.slice(0, 3), `${different.length} texts differ`).toEqual([]);
});
