import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { taggedWords } from '../../../src-main/engine/data/text/spans.ts';
import { openQuestions } from '../../../src-shared/domain/data/accounting.ts';
import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
let files = 0;

/** Reads rows of JSON Lines, or one list as JSON. */
async function read(rows: readonly object[], extension = 'jsonl') {
  const path = join(home, `${files++}.${extension}`);
  writeFileSync(path, extension === 'json' ? JSON.stringify(rows) : rows.map((row) => JSON.stringify(row)).join('\n'));
  const source = { ...(await detectReader(path)), options: { test_fraction: 0 } };
  const inspection = await inspectDataset(source);
  if (inspection?.misfit) throw new Error(`${inspection.misfit.message} ${inspection.misfit.hint}`);
  const opened = await openDataset(source);
  if (opened.kind !== 'texts') throw new Error('these are images');
  const examples: TextExample[] = [];
  for await (const example of opened.examples('train')) examples.push(example);
  const accounting = inspection?.accounting;
  return {
    tags: examples.map(({ words, tags }) => [words?.join(' '), tags?.join(' ')]),
    classes: examples.map(({ text, label }) => [text, label]),
    problems: inspection?.problems.map(({ message }) => message) ?? [],
    questions: accounting === undefined ? ['no accounting'] : openQuestions(accounting).map(({ name }) => name),
  };
}

const text = 'Anna Karenina lives in Moscow.';
const tagged = [['Anna Karenina lives in Moscow .', 'B-PER I-PER O O B-LOC O']];

describe('spans become words with tags', () => {
  const studio = (result: readonly object[], besides: object = {}) => ({
    id: 1,
    data: { text },
    annotations: [{ id: 5, completed_by: 1, was_cancelled: false, lead_time: 3.2, result, ...besides }],
    predictions: [],
    meta: {},
    created_at: '2024-05-01T00:00:00Z',
    inner_id: 1,
    project: 1,
  });
  const label = (start: number, end: number, name: string) => ({
    id: 'x',
    type: 'labels',
    from_name: 'label',
    to_name: 'text',
    origin: 'manual',
    value: { start, end, text: text.slice(start, end), labels: [name] },
  });

  test.each<[string, object]>([
    [
      'doccano',
      {
        id: 1,
        text,
        label: [
          [0, 13, 'PER'],
          [23, 29, 'LOC'],
        ],
        Comments: [],
      },
    ],
    [
      'doccano before 1.6',
      {
        id: 1,
        text,
        labels: [
          [0, 13, 'PER'],
          [23, 29, 'LOC'],
        ],
      },
    ],
    [
      'doccano with relations',
      {
        id: 1,
        text,
        entities: [
          { id: 1, label: 'PER', start_offset: 0, end_offset: 13 },
          { id: 2, label: 'LOC', start_offset: 23, end_offset: 29 },
        ],
        relations: [{ id: 1, from_id: 1, to_id: 2, type: 'lives in' }],
        Comments: [],
      },
    ],
    [
      'Prodigy',
      {
        text,
        _input_hash: 1,
        _task_hash: 2,
        tokens: [{ text: 'Anna', start: 0, end: 4, id: 0, ws: true }],
        _session_id: null,
        _view_id: 'ner_manual',
        spans: [
          { start: 0, end: 13, token_start: 0, token_end: 1, label: 'PER' },
          { start: 23, end: 29, token_start: 4, token_end: 4, label: 'LOC' },
        ],
        answer: 'accept',
        _timestamp: 1,
      },
    ],
    ['Label Studio', studio([label(0, 13, 'PER'), label(23, 29, 'LOC')])],
    [
      'Label Studio (JSON-MIN)',
      {
        id: 1,
        text,
        label: [
          { start: 0, end: 13, text: 'Anna Karenina', labels: ['PER'] },
          { start: 23, end: 29, text: 'Moscow', labels: ['LOC'] },
        ],
        annotator: 1,
        annotation_id: 1,
        created_at: '2024-05-01T00:00:00Z',
        updated_at: '2024-05-01T00:00:00Z',
        lead_time: 3.2,
      },
    ],
    [
      'Label Studio (JSON-MIN) with columns of other names',
      {
        ...{ post: text, source: 'forum', id: 3 },
        mentions: [
          { start: 0, end: 13, text: 'Anna Karenina', labels: ['PER'] },
          { start: 23, end: 29, text: 'Moscow', labels: ['LOC'] },
        ],
        ...{ annotator: 'anna@example.org', annotation_id: 1, created_at: '2024-05-01T00:00:00Z', lead_time: 3.2 },
      },
    ],
    [
      'Argilla 1',
      {
        text,
        tokens: ['Anna', 'Karenina', 'lives', 'in', 'Moscow', '.'],
        prediction: null,
        annotation: [
          { label: 'PER', start: 0, end: 13, score: 1 },
          { label: 'LOC', start: 23, end: 29, score: 1 },
        ],
        status: 'Validated',
      },
    ],
    [
      'Argilla 2 (to_json)',
      {
        id: 'a',
        fields: { text },
        metadata: {},
        suggestions: {},
        responses: {
          entities: [
            {
              value: [
                { label: 'PER', start: 0, end: 13 },
                { label: 'LOC', start: 23, end: 29 },
              ],
              user_id: 'u',
            },
          ],
        },
        vectors: {},
        status: 'completed',
        _server_id: 's',
      },
    ],
    [
      'Argilla 2 (to_datasets)',
      {
        id: 'a',
        status: 'completed',
        _server_id: 's',
        text,
        'entities.responses': [
          [
            { label: 'PER', start: 0, end: 13 },
            { label: 'LOC', start: 23, end: 29 },
          ],
        ],
        'entities.responses.users': ['u'],
        'entities.responses.status': ['submitted'],
      },
    ],
    [
      'training data of spaCy',
      {
        text,
        entities: [
          [0, 13, 'PER'],
          [23, 29, 'LOC'],
        ],
      },
    ],
  ])('of %s', async (_, row) => {
    const { tags, questions, problems } = await read([row]);
    expect(tags).toEqual(tagged);
    expect([questions, problems]).toEqual([[], []]);
    expect((await read([row], 'json')).tags).toEqual(tagged);
  });

  test('rows without annotation, rejected ones and answers that differ are faulty', async () => {
    const whole = studio([label(0, 13, 'PER')]);
    const none = { ...studio([]), annotations: [] };
    const canceled = studio([label(0, 13, 'PER')], { was_cancelled: true });
    const [first] = whole.annotations;
    const differing = { ...whole, annotations: [first, { ...first, result: [label(0, 4, 'PER')] }] };
    expect((await read([whole, none, canceled, differing])).problems).toEqual([
      expect.stringContaining('the text is not annotated'),
      expect.stringContaining('the text is not annotated'),
      expect.stringContaining('2 answers that differ'),
    ]);
    const spans = [{ start: 0, end: 13, label: 'PER' }];
    const prodigy = ['accept', 'reject', 'ignore'].map((answer) => ({ text, spans, answer }));
    expect((await read(prodigy)).problems).toEqual([
      expect.stringContaining('its answer is "reject"'),
      expect.stringContaining('its answer is "ignore"'),
    ]);
  });
});

describe('classes', () => {
  const studio = (choices: readonly string[]) => ({
    id: 1,
    data: { review: 'It is good.' },
    annotations: [{ was_cancelled: false, result: [{ type: 'choices', from_name: 'sentiment', value: { choices } }] }],
    predictions: [],
  });

  test.each<[string, object, unknown]>([
    ['doccano', { id: 1, text: 'It is good.', label: ['good'], Comments: [] }, 'good'],
    ['Label Studio', studio(['good']), 'good'],
    ['Label Studio with several choices', studio(['good', 'short']), ['good', 'short']],
    [
      'Label Studio (JSON-MIN)',
      {
        id: 1,
        text: 'It is good.',
        sentiment: { choices: ['good', 'short'] },
        annotator: 1,
        annotation_id: 1,
        lead_time: 1,
      },
      ['good', 'short'],
    ],
    ...[{ choices: ['good', 'short'] }, 'very good'].map((quality): [string, object, unknown] => [
      'Label Studio (JSON-MIN) with columns of other names',
      {
        ...{ post: 'It is good.', source: 'forum', id: 3, quality },
        ...{ annotator: 'anna@example.org', annotation_id: 1, updated_at: '2024-05-01T00:00:00Z' },
      },
      typeof quality === 'string' ? quality : quality.choices,
    ]),
    [
      'Prodigy (textcat.manual)',
      {
        text: 'It is good.',
        options: [
          { id: 'good', text: 'good' },
          { id: 'bad', text: 'bad' },
        ],
        accept: ['good'],
        config: { choice_style: 'single' },
        answer: 'accept',
      },
      'good',
    ],
    [
      'Prodigy (textcat.teach)',
      { text: 'It is good.', label: 'GOOD', answer: 'accept', score: 0.4, priority: 0.4 },
      'GOOD',
    ],
    [
      'Argilla 1',
      {
        inputs: { text: 'It is good.' },
        prediction: [{ label: 'bad', score: 0.6 }],
        annotation: 'good',
        status: 'Validated',
        multi_label: false,
      },
      'good',
    ],
    [
      'Argilla 2 (to_json)',
      {
        id: 'a',
        fields: { text: 'It is good.' },
        responses: { label: [{ value: 'good', user_id: 'u' }] },
        suggestions: {},
        status: 'completed',
      },
      'good',
    ],
    [
      'Argilla 2 (to_datasets)',
      {
        id: 'a',
        text: 'It is good.',
        'label.responses': ['good'],
        'label.responses.users': ['u'],
        'label.suggestion': 'bad',
        'label.suggestion.score': 0.4,
      },
      'good',
    ],
  ])('of %s', async (_, row, expected) => {
    const { classes, questions, problems } = await read([row]);
    expect(classes).toEqual([['It is good.', expected]]);
    expect([questions, problems]).toEqual([[], []]);
  });

  test('that an annotator of Prodigy rejected are the other class of two', async () => {
    const rows = ['accept', 'reject', 'ignore'].map((answer) => ({ text: `It is ${answer}.`, label: 'GOOD', answer }));
    const { classes, problems } = await read(rows);
    expect(classes).toEqual([
      ['It is accept.', 'GOOD'],
      ['It is reject.', 'not GOOD'],
    ]);
    expect(problems).toEqual([expect.stringContaining('its answer is "ignore"')]);
  });
});

describe('words with tags of a text with spans', () => {
  test('are cut where entities begin and end, and counted by characters', () => {
    expect(taggedWords('🙂 New-York, 3.5 km', [{ start: 2, end: 5, label: 'X' }])).toEqual({
      words: ['🙂', 'New', '-', 'York', ',', '3.5', 'km'],
      tags: ['O', 'B-X', 'O', 'O', 'O', 'O', 'O'],
    });
    expect(taggedWords("l'été à São Paulo", [{ start: 8, end: 17, label: 'LOC' }])).toEqual({
      words: ["l'été", 'à', 'São', 'Paulo'],
      tags: ['O', 'O', 'B-LOC', 'I-LOC'],
    });
  });

  test.each([
    [
      'overlap',
      [
        { start: 0, end: 5, label: 'A' },
        { start: 3, end: 8, label: 'B' },
      ],
      'the entities A and B overlap',
    ],
    ['end behind it', [{ start: 0, end: 50, label: 'A' }], 'is not in its text'],
    ['are empty', [{ start: 5, end: 6, label: 'A' }], 'has no word'],
  ])('are a problem where spans %s', (_, spans, problem) => {
    expect(taggedWords('It is good.', spans)).toContain(problem);
  });
});

test('texts that annotators of Label Studio wrote are completions of the text', async () => {
  const row = (summary: unknown) => ({ article: 'It rained all day.', id: 1, summary, annotator: 1, annotation_id: 1 });
  const path = join(home, 'written.json');
  writeFileSync(
    path,
    JSON.stringify([row('A wet day.'), row({ text: ['Much rain fell.'] }), row({ text: ['a', 'b'] })]),
  );
  const opened = await openDataset({
    ...(await detectReader(path)),
    options: { test_fraction: 0, skip_faulty_rows: true },
  });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const examples: TextExample[] = [];
  for await (const example of opened.examples('train')) examples.push(example);
  expect(examples.map(({ prompt, completion }) => [prompt, completion])).toEqual([
    ['It rained all day.', 'A wet day.'],
    ['It rained all day.', 'Much rain fell.'],
  ]);
  const inspection = await inspectDataset({ ...(await detectReader(path)), options: {} });
  expect(inspection?.problems.map(({ message }) => message)).toEqual(['its answer has 2 texts: keep one of them']);
});
