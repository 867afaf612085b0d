import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { glossary, glossaryPage, glossaryParts } from '../../src-shared/glossary.ts';

const docs = join(import.meta.dirname, '../../docs');
const termsOf = (text: string) => glossaryParts(text).flatMap(({ text, term }) => (term ? [[text, term.id]] : []));

test('finds the first use of each term, but not within other words', () => {
  expect(termsOf('Ranks and rank: lora_alpha scales ΔW, alphabet and rank_pattern do not.')).toEqual([
    ['Ranks', 'rank'],
    ['lora_alpha', 'alpha'],
    ['ΔW', 'delta-w'],
  ]);
  expect(termsOf('λ from 0 to 1, p₀ = 0.1 (Initial p)')).toEqual([
    ['λ', 'lambda'],
    ['p₀', 'p0'],
  ]);
  expect(termsOf('Initial p')).toEqual([['Initial p', 'p0']]);
  expect(termsOf('alphabetical, LoRA-rank')).toEqual([]);
});

test('the parts of a text put together are the text', () => {
  const text = 'The barrier on λ, and forgetting. Barrier again.';
  expect(
    glossaryParts(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text);
  expect(glossaryParts('')).toEqual([]);
});

test('every term is defined once, in at most two sentences, and leads to a page of the guide', () => {
  expect(new Set(glossary.map(({ id }) => id)).size).toBe(glossary.length);
  for (const { term, definition, document } of glossary) {
    expect(definition.split(/[.] (?=[A-Z])/).length, term).toBeLessThanOrEqual(2);
    expect(existsSync(join(docs, `${document}.md`)), term).toBe(true);
  }
});

test("the guide's page is current", () => {
  expect(readFileSync(join(docs, 'guide/glossary.md'), 'utf8')).toBe(glossaryPage());
});
