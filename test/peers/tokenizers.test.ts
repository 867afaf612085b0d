import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadTokenizer } from '../../src-main/engine/tokenization/tokenizer.ts';
import { unicodeNormalizer } from '../../src-main/engine/tokenization/unicode-normalizers.ts';
import { runPeer } from './python.ts';

/** Kinds of `tokenizer_zoo.py`, named after models that publish tokenizers of their shape. */
const kinds = [
  ...['gemma', 'llama2', 'mistral', 'mistral-always', 'unknown-apart'],
  ...['tekken', 'o200k', 'o200k-removed', 'cl100k', 'llama3', 'qwen2', 'qwen3.5', 'starcoder2', 'gpt-neox', 'opt'],
  ...['falcon', 'deepseek', 'deepseek-v3', 't5', 't5-today', 'unigram-bytes', 'albert', 'bert', 'bert-cased'],
];
const textCount = 5000;
const rowsSchema = z.array(z.tuple([z.string(), z.array(z.number()), z.string(), z.string()]));

const folder = mkdtempSync(join(tmpdir(), 'coto-tokenizer-zoo-'));
let normalized: Readonly<Record<string, Readonly<Record<string, string>>>>;
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => {
  const made = z
    .object({ kinds: z.array(z.string()), normalized: z.record(z.string(), z.record(z.string(), z.string())) })
    .parse(runPeer('./tokenizer_zoo.py', { folder, texts: textCount }));
  expect(made.kinds).toEqual(kinds);
  normalized = made.normalized;
});

it.each(kinds)('splits and joins %s as the Rust library does, for 5000 texts', async (kind) => {
  const tokenizer = await loadTokenizer(join(folder, kind));
  const rows = rowsSchema.parse(JSON.parse(readFileSync(join(folder, kind, 'expected.json'), 'utf8')));
  expect(rows).toHaveLength(textCount);
  const actual = rows.map(([text, ids]) => [
    text,
    tokenizer.encode(text).ids,
    tokenizer.decode(ids),
    tokenizer.decode(ids, { skipSpecialTokens: true }),
  ]);
  const different = rows.flatMap((row, index) =>
    JSON.stringify(row) === JSON.stringify(actual[index]) ? [] : [{ expected: row, actual: actual[index] }],
  );
  expect(different.slice(0, 5), `${different.length} texts differ`).toEqual([]);
});

describe.each(['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents'] as const)('%s', (type) => {
  it('changes every character as the Rust library does', () => {
    const normalizer = unicodeNormalizer({ type });
    const different: number[] = [];
    for (let code = 0; code < 0x11_0000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const character = String.fromCodePoint(code);
      if (normalizer?.normalize(character) !== (normalized[type]?.[code] ?? character)) different.push(code);
    }
    expect(different).toEqual([]);
  });

  it('orders and composes every character with marks as the Rust library does', () => {
    const normalizer = unicodeNormalizer({ type });
    const different = Object.entries(normalized[`${type} with marks`] ?? {}).filter(
      ([pair, expected]) => normalizer?.normalize(pair) !== expected,
    );
    expect(different).toEqual([]);
  });
});
