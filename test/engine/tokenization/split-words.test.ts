import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { loadTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import { goldenPath } from '../golden.ts';

const cases = z
  .array(
    z.object({
      tokenizer: z.string(),
      words: z.array(z.string()),
      max_length: z.number().nullable(),
      ids: z.array(z.number()),
      starts: z.array(z.tuple([z.number(), z.number()])),
    }),
  )
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'split-words.json'), 'utf8')));

it.each(cases)('$tokenizer tokenizes $words word by word as Transformers, to $max_length', async (expected) => {
  const tokenizer = await loadTokenizer(goldenPath('misc', 'tokenizers', expected.tokenizer));
  const { max_length: maxLength } = expected;
  const { ids, starts } = tokenizer.encodeWords(expected.words, maxLength === null ? {} : { maxLength });
  expect(ids).toEqual(expected.ids);
  expect(starts.map(({ word, token }) => [word, token])).toEqual(expected.starts);
});
