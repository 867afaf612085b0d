import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { type Accounting, openQuestions, unansweredQuestions } from '../../../src-shared/domain/data/accounting.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
let files = 0;

async function accountingOf(rows: readonly object[], options: ParameterValues = {}): Promise<Accounting> {
  const path = join(home, `${files++}.jsonl`);
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  const opened = await openDataset({ ...(await detectReader(path)), options: { test_fraction: 0, ...options } });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const { text } = await opened.describe();
  if (text?.accounting === undefined) throw new Error('there is no accounting');
  return text.accounting;
}

const uses = ({ columns }: Accounting) =>
  Object.fromEntries(columns.map(({ name, use, as }) => [name, `${use}: ${as}`]));
const note = 'This is more than a few words';

describe('columns', () => {
  test('are used, unused, or a question', async () => {
    const accounting = await accountingOf([
      { id: 1, text: 'It rains', label: 'bad', url: 'https://example.org/a', note, stars: 2, nothing: null },
      { id: 2, text: 'It shines', label: 'good', url: 'https://example.org/b', note: '', stars: 5, nothing: null },
    ]);
    expect(uses(accounting)).toEqual({
      id: 'used: id',
      text: 'used: text',
      label: 'used: label',
      url: 'unused: short values',
      note: 'question: null',
      stars: 'unused: short values',
      nothing: 'unused: empty',
    });
    expect(openQuestions(accounting)).toMatchObject([{ name: 'note', filledRows: 1, sample: note }]);
    expect(unansweredQuestions(accounting)).toEqual({
      message: `note ("${note}") looks like content and has no role, so the model would not learn from it.`,
      hint: 'Give it a role, e.g. text_pair=note, or leave it out with unused_columns="note".',
    });
  });

  test('that appear after the first hundred rows are seen', async () => {
    const rows = Array.from({ length: 300 }, (_, at) => ({ text: `text ${at}`, ...(at === 250 ? { note } : {}) }));
    expect(openQuestions(await accountingOf(rows)).map(({ name }) => name)).toEqual(['note']);
  });

  test('whose content counts however short it is: system prompts, histories, tools, inputs and images', async () => {
    const rows = [
      {
        text: 'It rains',
        system: 'Be brief.',
        history: [['Hi', 'Ho']],
        tools: [{ name: 'find' }],
        image: { bytes: 'AA', path: null },
      },
    ];
    const accounting = await accountingOf(rows);
    expect(openQuestions(accounting).map(({ name, loses }) => [name, loses])).toEqual([
      ['system', 'system prompt'],
      ['history', 'history'],
      ['tools', 'tools'],
      ['image', null],
    ]);
  });

  test('that repeat what is used are no question', async () => {
    const [instruction, output] = ['Name the three primary colors, please.', 'Red, blue and yellow, of course.'];
    const text = `Below is an instruction.\n\n### Instruction:\n${instruction}\n\n### Response:\n${output}`;
    expect(uses(await accountingOf([{ instruction, input: '', output, text }]))).toMatchObject({
      text: 'unused: repeats the columns that are used',
    });
    const messages = [
      { role: 'user', content: instruction },
      { role: 'assistant', content: output },
    ];
    expect(uses(await accountingOf([{ prompt: instruction, messages }]))).toEqual({
      prompt: 'unused: repeats the columns that are used',
      messages: 'used: messages',
    });
  });

  test('are left out on request, by name or all others', async () => {
    const rows = [{ text: 'It rains', note, remark: note }];
    for (const unused of ['note, remark', '*'])
      expect(openQuestions(await accountingOf(rows, { unused_columns: unused }))).toEqual([]);
    const one = await accountingOf(rows, { unused_columns: 'note' });
    expect(uses(one)).toMatchObject({ note: 'unused: left out as requested', remark: 'question: null' });
    await expect(accountingOf(rows, { unused_columns: 'nota' })).rejects.toThrow(/has no column "nota" to leave out/);
  });

  test('are still a question when others are named', async () => {
    const accounting = await accountingOf([{ text: 'It rains', note }], { guess_columns: false, text: 'text' });
    expect(openQuestions(accounting).map(({ name }) => name)).toEqual(['note']);
  });

  test('within an object of which a part is used', async () => {
    const rows = [{ data: { text: 'It rains', note, stars: 3 } }];
    expect(uses(await accountingOf(rows, { text: 'data.text' }))).toEqual({
      'data.text': 'used: text',
      'data.note': 'question: null',
      'data.stars': 'unused: short values',
    });
  });
});

test('rows are counted with the reasons why some are repaired or left out', async () => {
  const rows = [
    ...Array.from({ length: 20 }, (_, at) => ({ text: `text ${at % 19}`, label: at === 3 ? 'Yes' : 'yes' })),
    { text: '', label: 'no' },
    { text: 'last', label: 'no' },
  ];
  const accounting = await accountingOf(rows, { steps: 'repair; drop-duplicates' });
  expect(accounting.rows).toEqual({
    total: 22,
    train: 20,
    test: 0,
    repaired: [{ reason: 'label: "Yes" is read as "yes"', count: 1, rows: ['row 4'] }],
    leftOut: [
      { reason: 'text is missing: fill it in, or leave the row out', count: 1, rows: ['row 21'] },
      { reason: 'step drop-duplicates', count: 1, rows: [] },
    ],
  });
});
