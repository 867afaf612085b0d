import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { unescapeHtml } from '../../../src-main/engine/data/steps/unescape-html.ts';
import { textExampleSchema } from '../../../src-shared/domain/data/dataset.ts';
import { temporaryFolder } from './make-data.ts';

const folder = temporaryFolder();
let files = 0;

function fileOf(rows: readonly object[]): string {
  const path = join(folder, `rows-${files++}.jsonl`);
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return path;
}

/** All rows of a file read with steps, in their order, with what is told of them. */
async function read(path: string, steps: string) {
  const opened = await openDataset({
    ...(await detectReader(path)),
    options: { steps, test_fraction: 0, skip_faulty_rows: true },
  });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const examples = [];
  for await (const example of opened.examples('train')) examples.push(textExampleSchema.parse(example));
  const { text } = await opened.describe();
  return { examples, text };
}

const capitals = { question: 'Which is one?', choices: ['Paris', 'Lyon', 'Nice'] };
const asked = { question: 'Who?', context: '🎬 The film was good, the book was not. Who?' };
const talk = (user: string, assistant: string) => ({
  messages: [
    { role: user, content: 'Hello' },
    { role: assistant, content: 'Yes' },
  ],
});

interface Case {
  readonly what: string;
  readonly good: object;
  readonly faulty: object;
  /** Expected example of the faulty row. */
  readonly becomes: object;
  readonly change: string;
}

const cases: readonly Case[] = [
  {
    what: 'a choice named by its letter in brackets',
    good: { ...capitals, answer: 'Lyon' },
    faulty: { ...capitals, answer: '(B)' },
    becomes: { label: 'Lyon' },
    change: 'answer: "(B)" is read as "Lyon"',
  },
  {
    what: 'a choice in other letters',
    good: { ...capitals, answer: 'Lyon' },
    faulty: { ...capitals, answer: ' paris ' },
    becomes: { label: 'Paris' },
    change: 'answer: " paris " is read as "Paris"',
  },
  {
    what: 'an answer at another place, counted in characters of Unicode',
    good: { ...asked, answers: { text: ['film'], answer_start: [6] } },
    faulty: { ...asked, answers: { text: ['book'], answer_start: [3] } },
    becomes: { answers: [{ text: 'book', start: 26 }] },
    change: 'answers: "book" begins at character 25, not 3',
  },
  {
    what: 'roles but for case and white space',
    good: talk('user', 'assistant'),
    faulty: talk('User ', 'gpt'),
    becomes: {
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Yes' },
      ],
    },
    change: 'messages: the role "User " is read as user',
  },
  {
    what: 'tags in other letters, and an entity that begins inside',
    good: { tokens: ['Ada', 'went'], ner_tags: ['B-PER', 'O'] },
    faulty: { tokens: ['Ada', 'Paris'], ner_tags: ['I-PER', 'b_LOC'] },
    becomes: { tags: ['B-PER', 'B-LOC'] },
    change: 'ner_tags: "I-PER" is read as B-PER',
  },
  {
    what: 'a text that zero bytes fill up',
    good: { text: 'a film', label: 'good' },
    faulty: { text: 'a book\0\0', label: 'good' },
    becomes: { text: 'a book' },
    change: 'text: "a book\\u0000\\u0000" is read as "a book"',
  },
  {
    what: 'a text in a list by itself',
    good: { text: 'a film', label: 'good' },
    faulty: { text: ['a book'], label: 'good' },
    becomes: { text: 'a book' },
    change: 'text: ["a book"] is read as "a book"',
  },
];

describe('the step repair', () => {
  test.each(cases)('mends $what, and says so', async ({ good, faulty, becomes, change }) => {
    const path = fileOf([good, good, faulty]);
    const before = await read(path, '');
    expect([before.examples.length, before.text?.faultyRows]).toEqual([2, 1]);
    const { examples, text } = await read(path, 'repair');
    expect(text?.faultyRows).toBe(0);
    expect(examples[2]).toMatchObject(becomes);
    expect(examples[2]?.changes).toContain(change);
    expect(examples[0]?.changes).toBeUndefined();
    expect(text?.repairs).toContainEqual({ where: 'row 3', message: change });
    expect(text?.notes).toContain('The step repair changed 1 row.');
    // Rows left out before are not repaired.
    expect((await read(path, 'drop-faulty; repair')).examples).toHaveLength(2);

    const source = await detectReader(path);
    expect(await inspectDataset({ ...source, options: {} })).toMatchObject({ repairableRows: 1, repairs: [] });
    expect((await inspectDataset({ ...source, options: {} }))?.offers).toContainEqual({
      where: 'row 3',
      message: change,
    });
    const shown = await inspectDataset({ ...source, options: { steps: 'repair' } });
    expect(shown).toMatchObject({ faultyRows: 0, repairableRows: 0, problems: [], offers: [] });
    expect(shown?.repairs).toContainEqual({ where: 'row 3', message: change });
  });

  const uncertain: readonly (readonly [string, object, object])[] = [
    ['a choice that is none', { ...capitals, answer: 'Lyon' }, { ...capitals, answer: 'Bordeaux' }],
    [
      'an answer that the context has twice',
      { ...asked, answers: { text: ['film'], answer_start: [6] } },
      { ...asked, answers: { text: ['was'], answer_start: [0] } },
    ],
    ['a role that is none', talk('user', 'assistant'), talk('user', 'narrator')],
    ['a missing text', { text: 'a film', label: 'good' }, { text: '', label: 'good' }],
  ];
  test.each(uncertain)('leaves %s as it is', async (_, good, faulty) => {
    const { text, examples } = await read(fileOf([good, good, faulty]), 'repair');
    expect([examples.length, text?.faultyRows, text?.repairs]).toEqual([2, 1, undefined]);
  });

  const spelled = async (labels: readonly string[]) => {
    const path = fileOf(labels.map((label, row) => ({ text: `text ${row}`, label })));
    return (await read(path, 'repair')).examples.map(({ label }) => label);
  };
  test('does not report ShareGPT’s own speakers as read otherwise', async () => {
    const conversation = (speaker: string) => ({
      conversations: [
        { from: speaker, value: 'Hello' },
        { from: 'gpt', value: 'Yes' },
      ],
    });
    const { examples, text } = await read(fileOf([conversation('human'), conversation('Human ')]), 'repair');
    expect(examples[1]?.messages?.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(text?.repairs).toEqual([{ where: 'row 2', message: 'conversations: the role "Human " is read as user' }]);
  });

  test.each([
    [
      ['Good', 'good', 'GOOD ', 'good', 'bad'],
      ['good', 'good', 'good', 'good', 'bad'],
    ],
    [
      ['1.5', '4,5', '2', '1,234,567', '1,234'],
      ['1.5', '4,5', '2', '1,234,567', '1,234'],
    ],
    [
      ['1.5', '4,5', '2', '1,234,567'],
      ['1.5', '4.5', '2', '1234567'],
    ],
    [
      ['4,5', 'four'],
      ['4,5', 'four'],
    ],
  ])('reads the labels %j as %j', async (labels, expected) => {
    expect(await spelled(labels)).toEqual(expected);
  });
});

test.each<[string, object, object]>([
  ['text', { text: 'a film', label: 'good' }, { text: '&nbsp;', label: 'bad' }],
  ['completion', { prompt: 'Who?', completion: 'Ada' }, { prompt: 'Who?', completion: '&nbsp;&#32;' }],
  [
    'rejected',
    { prompt: 'Who?', chosen: 'Ada', rejected: 'It' },
    { prompt: 'Who?', chosen: 'Ada', rejected: '&nbsp;' },
  ],
])('a %s of entities for white space is empty, and so at fault', async (field, good, empty) => {
  const { examples, text } = await read(fileOf([good, empty]), 'unescape; trim');
  expect(examples).toHaveLength(1);
  expect(text?.faultyRows).toBe(1);
  expect((await read(fileOf([good, empty]), 'unescape; drop-faulty')).text?.notes).toContain(
    'The step drop-faulty left out 1 row.',
  );
  const found = await inspectDataset({
    ...(await detectReader(fileOf([good, empty]))),
    options: { steps: 'unescape' },
  });
  expect(found?.problems).toEqual([
    {
      where: 'row 2',
      message: `${field} is empty without its entities and white space: fill it in, or leave the row out`,
    },
  ]);
});

test('white space and entities are taken from every text, but not from what places are counted in', async () => {
  const path = fileOf([{ prompt: ' Who &amp; what? ', completion: 'Ada &lt;3 ' }]);
  const { examples, text } = await read(path, 'unescape; trim');
  expect(examples[0]).toMatchObject({
    prompt: 'Who & what?',
    completion: 'Ada <3',
    changes: ['prompt, completion changed', 'prompt, completion changed'],
  });
  expect(text?.notes).toEqual(['The step unescape changed 1 row.', 'The step trim changed 1 row.']);
  const context = ' A film &amp; a book. ';
  const answers = { text: ['book'], answer_start: [context.indexOf('book')] };
  const { examples: questions } = await read(fileOf([{ question: ' What? ', context, answers }]), 'unescape; trim');
  expect(questions[0]).toMatchObject({ question: 'What?', context });
  expect(unescapeHtml('&amp;lt; &#39;&#x1F3AC;&eacute;&hellip; &unknown; &amp &#0; &#xD800;')).toBe(
    "&lt; '🎬é… &unknown; &amp \uFFFD \uFFFD",
  );
  // The HTML standard's table of the numbers 128 to 159; five of them have no character in windows-1252.
  const numbers = Array.from({ length: 32 }, (_, at) => `&#${128 + at};`).join('');
  expect(unescapeHtml(numbers)).toBe('€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ');
  expect(unescapeHtml('1 &rarr; 2 &#x96; 3')).toBe('1 → 2 – 3');
});
