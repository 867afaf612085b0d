import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const methods = new URL('../../docs/methods/', import.meta.url).pathname;
const matrix = readFileSync(join(methods, 'support.md'), 'utf8');

/** Rows of the variants in a section of the matrix, by the id of the variant; cells by the address or text of their column. */
function rowsOf(section: string): Map<string, Map<string, string>> {
  const text = matrix.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  const columns = cells(lines[0] ?? '').map((cell) => /\((.+)\)/.exec(cell)?.[1] ?? cell);
  return new Map(
    lines.flatMap((line) => {
      const id = /\(adapters\/([a-z0-9-]+)\.md\)/.exec(line)?.[1];
      return id === undefined ? [] : [[id, new Map(cells(line).map((cell, at) => [columns[at] ?? '', cell]))]];
    }),
  );
}

const merging = rowsOf('Merging');
const pruning = rowsOf('Pruning');
const cards = readdirSync(join(methods, 'adapters')).map((name) => name.replace(/\.md$/, ''));

describe('cards of variants agree with the support matrix', () => {
  test('every card has its rows', () => {
    expect([...merging.keys()].sort()).toEqual([...cards].sort());
    expect([...pruning.keys()].sort()).toEqual([...cards].sort());
  });

  test.each(cards)('%s', (id) => {
    const card = readFileSync(join(methods, 'adapters', `${id}.md`), 'utf8').replaceAll(/\s+/g, ' ');
    const sentences = card.split(/(?<=\.) /);
    const isRefused = (subject: RegExp) =>
      sentences.some((sentence) => subject.test(sentence) && /\b(refuse|refuses|reject|rejects) it\b/.test(sentence));
    const merges = merging.get(id)?.get('Merges by factors or ΔW') ?? '';
    const prunes = pruning.get(id)?.get('pruning/magnitude.md') ?? '';
    if (isRefused(/merges (of factors|and pruning)/)) expect(merges, 'merges of factors').not.toBe('✓');
    if (isRefused(/pruning of factors/i)) expect(prunes, 'pruning of factors').not.toBe('✓');
    // A variant that some merges refuse says so.
    if (merges !== '✓') expect(isRefused(/merges/), 'merges that refuse it').toBe(true);
  });
});
