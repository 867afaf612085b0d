import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/squad', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'coto-squad-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(path: string, options: ParameterValues = {}) {
  const dataset = await openDataset({
    ...(await detectReader(path)),
    options: { split_by: 'share', test_fraction: 0, ...options },
  });
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

const contents = ({ id, question, context, answers }: TextExample) => ({ id, question, context, answers });

describe('SQuAD', () => {
  it('is read alike from the original release and from the rows of the hub', async () => {
    const nested = await read(join(fixtures, 'test.json'));
    const flat = await read(join(fixtures, 'flat.jsonl'));
    expect(nested.examples.map(contents)).toEqual(flat.examples.map(contents));
    expect(nested.examples).toHaveLength(6);
    expect(nested.description.text?.columns).toMatchObject({
      question: 'question',
      context: 'context',
      answers: 'answers',
      prompt: null,
    });
    expect(nested.description.problems).toEqual([]);
    for (const { context = '', answers = [] } of nested.examples)
      for (const { text, start } of answers) expect(context.slice(start, start + text.length)).toBe(text);
    const [, , motor, painted] = nested.examples;
    // The place counts characters: JavaScript's are one more after the bell.
    expect(motor?.answers?.[0]).toEqual({ text: 'by an electric motor', start: 137 });
    expect(painted?.answers).toEqual([]);
    expect(painted?.completion).toBeNull();
    expect(motor).toMatchObject({ completion: 'by an electric motor', text: null });
  });

  it('shows the fields of SQuAD 2.0 that nothing reads', async () => {
    const plausible_answers = [{ text: 'the red dog of the old man', answer_start: 4 }];
    const unanswered = { question: 'Who slept?', id: 'b', answers: [], plausible_answers, is_impossible: true };
    const paragraph = { context: 'Rex the red dog of the old man barked.', document_id: 7 };
    const answered = { question: 'Who barked?', id: 'a', answers: [{ text: 'Rex', answer_start: 0 }] };
    const data = [{ title: 'Dogs', paragraphs: [{ ...paragraph, qas: [answered, unanswered] }] }];
    const path = join(folder, 'plausible.json');
    writeFileSync(path, JSON.stringify({ version: 'v2.0', data }));
    const inspection = await inspectDataset({ ...(await detectReader(path)), options: {} });
    const uses = inspection?.accounting?.columns.map(({ name, use, as }) => [name, use, as]);
    expect(uses).toContainEqual(['plausible_answers', 'unused', 'repeats the columns that are used']);
    expect(uses).toContainEqual(['is_impossible', 'unused', 'short values']);
    expect(uses).toContainEqual(['document_id', 'unused', 'short values']);
    expect((await read(path)).examples.map(({ answers }) => answers)).toEqual([[{ text: 'Rex', start: 0 }], []]);
  });

  it('is read from a CSV whose answers are JSON or as Python and NumPy write them', async () => {
    const context = 'Ann\'s "dog" is 😀 Rex.';
    const cells = [
      `{"text": ["Rex"], "answer_start": [17]}`,
      String.raw`{'text': ['Ann\'s "dog"', '😀 Rex'], 'answer_start': [np.int64(0), 15]}`,
      String.raw`{'text': array(['Ann\'s "dog"'],\n      dtype=object), 'answer_start': array([0], dtype=int32)}`,
      String.raw`[{'text': "\U0001F600 \x52ex", 'answer_start': 15}]`,
      `{'text': array([], dtype=object), 'answer_start': array([], dtype=int32)}`,
    ].map((cell) => cell.replace(',\\n', ',\n'));
    const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
    const lines = cells.map((cell, index) => [`q${index}`, 'Who?', context, cell].map(quoted).join(','));
    const path = join(folder, 'squad.csv');
    writeFileSync(path, `${['id,question,context,answers', ...lines].join('\n')}\n`);
    const { description, examples } = await read(path);
    expect(description.problems).toEqual([]);
    expect(examples.map(({ answers }) => answers)).toEqual([
      [{ text: 'Rex', start: 18 }],
      [
        { text: 'Ann\'s "dog"', start: 0 },
        { text: '😀 Rex', start: 15 },
      ],
      [{ text: 'Ann\'s "dog"', start: 0 }],
      [{ text: '😀 Rex', start: 15 }],
      [],
    ]);
  });

  it('has a train and a test file in one folder', async () => {
    const place = join(folder, 'both');
    mkdirSync(place);
    for (const name of ['train.json', 'test.json']) cpSync(join(fixtures, name), join(place, name));
    const { description } = await read(place, { split_by: 'guessed' });
    expect(description.splits.map(({ exampleCount }) => exampleCount)).toEqual([14, 6]);
  });

  it('is found in one line that is longer than what is looked at first', async () => {
    const { data }: { data: object[] } = JSON.parse(readFileSync(join(fixtures, 'test.json'), 'utf8'));
    const many = Array.from({ length: 400 }, () => data).flat();
    const path = join(folder, 'long.json');
    writeFileSync(path, JSON.stringify({ version: '1.1', data: many }));
    const { description } = await read(path);
    expect(description.text?.rowCount).toBe(2400);
  });

  it('keeps the questions on one text in one split', async () => {
    const { examples, description } = await read(join(fixtures, 'train.json'), { test_fraction: 0.5, seed: 4 });
    const splits = Map.groupBy(examples, ({ context }) => context);
    expect(splits.size).toBe(5);
    for (const [, own] of splits) expect(new Set(own.map(({ split }) => split)).size).toBe(1);
    expect(new Set(examples.map(({ split }) => split)).size).toBe(2);
    expect(description.text?.splitRule).toBe(
      '50 % of the rows, those of one context together, for testing, drawn by the seed 4',
    );
  });

  it('is told where it is written as text, as a list, or under other names', async () => {
    const row = { q: 'Who?', passage: 'It was Ann.', question: 'Who was it?' };
    const forms = [
      '{"text": ["Ann"], "answer_start": [7]}',
      { text: ['Ann'], answer_start: [7] },
      { text: 'Ann', answer_start: 7 },
      [{ text: 'Ann', answer_start: 7 }],
    ];
    const { examples } = await read(
      rowsFile(
        'forms.jsonl',
        forms.map((answer) => ({ ...row, answer })),
      ),
    );
    for (const { answers } of examples) expect(answers).toEqual([{ text: 'Ann', start: 7 }]);
    expect(examples).toHaveLength(4);
    const renamed = rowsFile('renamed.jsonl', [
      { frage: 'Wer?', absatz: 'Ann.', antwort: { text: ['Ann'], answer_start: [0] } },
    ]);
    const stated = { question: 'frage', context: 'absatz', answers: 'antwort' };
    expect((await read(renamed, stated)).examples[0]).toMatchObject({ question: 'Wer?', context: 'Ann.' });
    const partly = await inspectDataset({ ...(await detectReader(renamed)), options: { question: 'frage' } });
    expect(partly?.misfit?.message).toContain('but context has none');
  });

  it('says what is wrong with an answer', async () => {
    const context = 'It was Ann.';
    const wrong = [
      { text: ['Ann'], answer_start: [3] },
      { text: [''], answer_start: [0] },
      { text: ['Ann'], answer_start: [null] },
      { text: ['Ann'], answer_start: [] },
      null,
    ];
    const rows = [{ text: ['Ann'], answer_start: [7] }, ...wrong].map((answers) => ({
      question: 'Who?',
      context,
      answers,
    }));
    const { description, examples } = await read(rowsFile('wrong.jsonl', rows));
    expect(examples).toHaveLength(1);
    expect(description.problems.map(({ message }) => message)).toEqual([
      'answers: character 3 of the context begins "was Ann.", not the answer "Ann": correct answer_start',
      'answers has an answer without a text: write {"text": [], "answer_start": []} where there is none',
      'answers: the answer "Ann" has no answer_start: write the number of its first character in the context, from 0',
      'answers has no answers with their places: write {"text": ["…"], "answer_start": [0]}, or {"text": [], "answer_start": []} for none',
      'answers is missing: write {"text": [], "answer_start": []} where the text has no answer',
    ]);
  });
});
