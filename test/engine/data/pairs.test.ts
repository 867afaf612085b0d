import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/pairs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'coto-pairs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(path: string, options: ParameterValues = {}) {
  const dataset = await openDataset({ ...(await detectReader(path)), options });
  if (dataset.kind !== 'texts') throw new Error('no texts');
  const description = await dataset.describe({ keepsFaults: true });
  const examples: TextExample[] = [];
  for (const split of ['train', 'test'] as const)
    for await (const example of dataset.examples(split)) examples.push(example);
  dataset.close();
  return { description, examples };
}

function rowsFile(name: string, rows: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return path;
}

const rolesOf = ({ description }: Awaited<ReturnType<typeof read>>) =>
  Object.fromEntries(Object.entries(description.text?.columns ?? {}).filter(([, column]) => column !== null));

describe('pairs for embeddings', () => {
  it('are recognized by sentence-transformers’ names, and said to be so', async () => {
    const found = await read(fixtures);
    expect(rolesOf(found)).toEqual({ anchor: 'anchor', positive: 'positive', negative: 'negative' });
    expect(found.description.text?.notes).toContain(
      'Pairs for embeddings: positive belongs to anchor, and negative does not.',
    );
    expect(found.description.text?.labelKind).toBe('none');
    expect(found.description.problems).toEqual([]);
    expect(found.description.splits.map(({ exampleCount }) => exampleCount)).toEqual([20, 10]);
    expect(found.examples[1]).toMatchObject({
      anchor: 'Why is the sky blue?',
      positive: 'Air scatters short waves of light more than long ones.',
      negatives: ['The sea looks green where algae grow.'],
      text: null,
      prompt: null,
    });
  });

  it.each([
    [
      { query: 'a', positive: 'b' },
      { anchor: 'query', positive: 'positive' },
    ],
    [
      { query: 'a', positive: 'b', negative_1: 'c', negative_2: 'd' },
      { anchor: 'query', positive: 'positive', negative: 'negative_1, negative_2' },
    ],
    // To a language model an answer to write, as before.
    [
      { query: 'a', answer: 'b' },
      { anchor: 'query', positive: 'answer', prompt: 'query', completion: 'answer' },
    ],
    [
      { question: 'a', answer: 'b' },
      { prompt: 'question', completion: 'answer' },
    ],
    [
      { sentence1: 'a', sentence2: 'b', score: 0.5 },
      { text: 'sentence1', text_pair: 'sentence2', label: 'score' },
    ],
  ])('%o', async (row, roles) => {
    const found = await read(rowsFile('row.jsonl', [row, row, row]));
    expect(rolesOf(found)).toEqual(roles);
  });

  it('are what is asked for of questions and answers', async () => {
    const path = rowsFile('asked.jsonl', [{ question: 'a', answer: 'b' }]);
    const { examples, ...found } = await read(path, { anchor: 'question', positive: 'answer' });
    expect(rolesOf({ examples, ...found })).toEqual({ anchor: 'question', positive: 'answer' });
    expect(examples[0]).toMatchObject({ anchor: 'a', positive: 'b', negatives: [], prompt: null });
    await expect(read(path, { anchor: 'question' })).rejects.toThrow('need the columns of anchor and positive');
  });

  it('have negatives in lists or in several columns; none where one is empty', async () => {
    const lists = [
      { anchor: 'a', positive: 'b', negative: ['c', 'd'] },
      { anchor: 'e', positive: 'f', negative: '["g", "h"]' },
      { anchor: 'i', positive: 'j', negative: null },
    ];
    const { examples } = await read(rowsFile('lists.jsonl', lists), { split_by: 'share', test_fraction: 0 });
    expect(examples.map(({ negatives }) => negatives)).toEqual([['c', 'd'], ['g', 'h'], []]);
    const columns = [{ anchor: 'a', positive: 'b', negative_1: 'c', negative_2: 'd' }];
    expect((await read(rowsFile('columns.jsonl', columns))).examples[0]?.negatives).toEqual(['c', 'd']);
  });

  it('keep the negatives of a row that lacks one of their columns, and none that is empty', async () => {
    const rows = [
      { anchor: 'a', positive: 'b', negative_1: 'c', negative_2: 'd' },
      { anchor: 'e', positive: 'f', negative_1: '["g", " "]' },
      { anchor: 'h', positive: 'i' },
    ];
    const { examples } = await read(rowsFile('ragged.jsonl', rows), { test_fraction: 0 });
    expect(examples.map(({ negatives }) => negatives)).toEqual([['c', 'd'], ['g'], []]);
  });

  it('with faults are named by row and column', async () => {
    const rows = [
      { anchor: 'a', positive: 'b', negative: 'c' },
      { anchor: '', positive: 'b', negative: 'c' },
      { anchor: 'a', positive: 'd', negative: 7 },
    ];
    const { description } = await read(rowsFile('faults.jsonl', rows), { skip_faulty_rows: true });
    expect(description.problems.map(({ message }) => message)).toEqual([
      'anchor is missing: fill it in, or leave the row out',
      'negative is no text and no list of texts: write it as "…", or as ["…", "…"]',
    ]);
  });

  it('pairs of one anchor stay in one split if it is drawn', async () => {
    const rows = Array.from({ length: 60 }, (_, at) => ({ anchor: `anchor ${at % 6}`, positive: `positive ${at}` }));
    const { examples } = await read(rowsFile('drawn.jsonl', rows), { test_fraction: 0.4 });
    const splits = new Map<string, Set<string>>();
    for (const { anchor = '', split } of examples) splits.set(anchor, (splits.get(anchor) ?? new Set()).add(split));
    expect([...splits.values()].every(({ size }) => size === 1)).toBe(true);
    expect(new Set(examples.map(({ split }) => split)).size).toBe(2);
  });
});
