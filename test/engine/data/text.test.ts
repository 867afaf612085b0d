import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { OpenTexts } from '../../../src-main/engine/data/dataset.ts';
import { openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { NearDuplicates } from '../../../src-main/engine/data/text/near-duplicates.ts';
import type { DatasetDescription, TextExample } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { repeatableNumbers, temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
let files = 0;

function file(extension: string, content: string | Buffer): string {
  const path = join(home, `${files++}.${extension}`);
  writeFileSync(path, content);
  return path;
}

async function open(path: string, options: ParameterValues = {}): Promise<OpenTexts> {
  const opened = await openDataset({ ...(await detectReader(path)), options: { skip_faulty_rows: true, ...options } });
  if (opened.kind !== 'texts') throw new Error('these are images');
  return opened;
}

async function describeFile(path: string, options: ParameterValues = {}): Promise<DatasetDescription> {
  return (await open(path, options)).describe();
}

async function examples(path: string, options: ParameterValues = {}): Promise<TextExample[]> {
  const opened = await open(path, { test_fraction: 0, ...options });
  const found: TextExample[] = [];
  for await (const example of opened.examples('train')) found.push(example);
  return found;
}

/** Bytes as of a compressed file. */
function binary(count: number): Buffer {
  const next = repeatableNumbers(1);
  return Buffer.from(Array.from({ length: count }, () => Math.floor(256 * next())));
}

const asLines = (rows: readonly unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
const rows = [
  { text: 'a, "quoted"\nline', label: 'yes' },
  { text: 'Grüße 🙂', label: 'no' },
];

describe('the same rows out of every format', () => {
  test.each([
    ['jsonl', asLines(rows)],
    ['json', JSON.stringify(rows, null, 2)],
    ['json', asLines(rows)],
    ['csv', 'text,label\n"a, ""quoted""\nline",yes\nGrüße 🙂,no\n'],
    ['csv', '\uFEFFtext;label\r\n"a, ""quoted""\nline";yes\r\nGrüße 🙂;no\r\n'],
    ['tsv', 'text\tlabel\n"a, ""quoted""\nline"\tyes\nGrüße 🙂\tno\n'],
    ['tsv', Buffer.from('\uFEFFtext\tlabel\n"a, ""quoted""\nline"\tyes\nGrüße 🙂\tno\n', 'utf16le')],
  ])('%s', async (extension, content) => {
    const found = await examples(file(extension, content));
    expect(found.map(({ text, label }) => ({ text, label }))).toEqual(rows);
  });

  test('a row that lies across pieces of the file is whole', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => ({ text: `${index} ${'ü🙂'.repeat(100)}`, label: 'x' }));
    for (const path of [file('jsonl', asLines(many)), file('json', JSON.stringify(many))])
      expect((await examples(path)).map(({ text, label }) => ({ text, label }))).toEqual(many);
  });
});

describe('shapes', () => {
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
  ];

  test('alpaca: the input follows the instruction', async () => {
    const path = file(
      'jsonl',
      asLines([
        { instruction: 'Add', input: '1 1', output: '2' },
        { instruction: 'Hi', input: '', output: 'Ho' },
      ]),
    );
    expect((await describeFile(path)).text).toMatchObject({ shape: 'alpaca', labelKind: 'none' });
    expect(await examples(path)).toMatchObject([
      { prompt: 'Add\n\n1 1', completion: '2' },
      { prompt: 'Hi', completion: 'Ho' },
    ]);
  });

  test('sharegpt speakers become roles', async () => {
    const conversations = [
      { from: 'human', value: 'Hi' },
      { from: 'gpt', value: 'Hello' },
    ];
    expect(await examples(file('json', JSON.stringify([{ conversations }])))).toMatchObject([{ messages }]);
  });

  test('choices, named as the sets of the hub name them', async () => {
    const arc = { text: ['up', 'down'], label: ['A', 'B'] };
    const asked = [
      { question: 'Where is the sky?', choices: ['up', 'down'], answer: 0 },
      { question: 'Where is the floor?', choices: arc, answer: 'B' },
      {
        question: 'Where is the sun?',
        choices: [
          { label: '1', text: 'up' },
          { label: '2', text: 'down' },
        ],
        answer: '1',
      },
      { question: 'Where is it?', choices: ['up', 'down'], answer: 'C' },
      { question: 'Where?', choices: ['up'], answer: 'A' },
    ];
    const path = file('jsonl', asLines(asked));
    const found = await examples(path);
    expect(found.map(({ text, label, choices }) => [text, label, choices])).toEqual([
      ['Where is the sky?', 'up', ['up', 'down']],
      ['Where is the floor?', 'down', ['up', 'down']],
      ['Where is the sun?', 'up', ['up', 'down']],
    ]);
    const { labels, text, problems } = await describeFile(path);
    expect(labels).toEqual([]);
    expect(text?.columns).toMatchObject({ text: 'question', choices: 'choices', label: 'answer' });
    expect(problems.map(({ where, message }) => `${where}: ${message}`)).toEqual([
      expect.stringContaining('row 4: answer is "C", none of the 2 choices'),
      expect.stringContaining('row 5: choices is no list of two or more different answers'),
    ]);
  });

  test('the number of a choice, where the choices are numbers themselves', async () => {
    const choices = ['1', '2', '3', '0'];
    const found = await examples(
      file(
        'jsonl',
        asLines([
          { question: 'What is 4 − 2?', choices, answer: 1 },
          { question: 'What is 3 − 3?', choices: [1, 2, 3, 0], answer: 3 },
          { question: 'What is 1 + 0?', choices, answer: '1' },
        ]),
      ),
    );
    expect(found.map(({ label }) => label)).toEqual(['2', '0', '1']);
  });

  test('a conversation in two parts, as TRL has it, and messages in parts', async () => {
    const prompt = [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is ' },
          { type: 'text', text: '2 + 2?' },
        ],
      },
    ];
    const rows = [
      { prompt, completion: [{ role: 'assistant', content: '4' }] },
      { prompt, completion: [{ role: 'user', content: '4' }] },
      { prompt: [{ role: 'user', content: [{ type: 'image' }] }], completion: [{ role: 'assistant', content: '4' }] },
    ];
    const path = file('jsonl', asLines(rows));
    expect(await examples(path)).toMatchObject([
      {
        prompt: null,
        completion: null,
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'What is 2 + 2?' },
          { role: 'assistant', content: '4' },
        ],
      },
    ]);
    const { text, problems } = await describeFile(path);
    expect(text?.columns).toMatchObject({ messages: 'prompt', completion: 'completion' });
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('completion has no answer of the assistant'),
      expect.stringContaining('prompt: message 1 lacks content'),
    ]);
  });

  test('flags that take messages out of the loss, and variables of the template', async () => {
    const talk = (besides: object, first: object = {}) => ({
      messages: [
        { role: 'user', content: 'Hi', ...first },
        { role: 'assistant', content: 'Hello', ...besides },
        { role: 'assistant', content: 'Bye' },
      ],
      chat_template_kwargs: { enable_thinking: false },
    });
    const [kept] = await examples(file('jsonl', asLines([talk({ weight: 0, train: false })])));
    expect(kept?.messages?.[1]).toMatchObject({ content: 'Hello', weight: 0, train: false });
    expect(kept?.templateKwargs).toEqual({ enable_thinking: false });
    const faults: [object, string][] = [
      [talk({ weight: 0.5 }), 'message 2 has the weight 0.5: write 1 to learn an answer, or 0'],
      [talk({ weight: '' }), 'message 2 has the weight "": write 1 to learn an answer, or 0'],
      [talk({ weight: [] }), 'message 2 has the weight []: write 1 to learn an answer, or 0'],
      [talk({ train: 'no' }), 'message 2 has the value "no" for train: write true or false'],
      [talk({}, { train: true }), 'message 1 of the role "user" has train true, but only answers'],
      [talk({ train_detail: [{ begin_offset: 0 }] }), 'message 2 has train_detail, which is not supported'],
      [{ ...talk({}), chat_template_kwargs: [1] }, 'chat_template_kwargs is no object'],
      [
        {
          messages: [
            { role: 'user', content: 'Hi' },
            { role: 'assistant', content: 'Hello', weight: 0 },
          ],
        },
        'messages has weight 0 or train false on every answer',
      ],
    ];
    for (const [row, message] of faults) {
      const { problems } = await describeFile(file('jsonl', asLines([talk({}), row])));
      expect(problems).toEqual([{ where: 'row 2', message: expect.stringContaining(message) }]);
    }
  });

  test('calls of tools, reasoning and tools go along with their numbers as written', async () => {
    const call = { type: 'function', function: { name: 'scale', arguments: { by: 1.5 } } };
    const tools = [{ type: 'function', function: { name: 'scale', parameters: {} } }];
    const row = {
      messages: [
        { role: 'user', content: 'Scale it.', name: 'Ada' },
        { role: 'assistant', content: null, reasoning_content: 'By how much?', tool_calls: [call] },
        { role: 'tool', content: 'done', tool_call_id: '7' },
      ],
      tools,
    };
    const lines = [row, { ...row, tools: JSON.stringify(tools) }, { ...row, tools: 'scale' }];
    const path = file('jsonl', asLines(lines).replaceAll('1.5', '1.0'));
    const found = await examples(path);
    expect(JSON.parse(JSON.stringify(found))).toMatchObject(
      [0, 1].map(() => ({
        tools,
        messages: [
          { role: 'user', content: 'Scale it.', name: 'Ada' },
          { role: 'assistant', content: '', reasoning_content: 'By how much?' },
          { role: 'tool', content: 'done', tool_call_id: '7' },
        ],
      })),
    );
    expect(JSON.stringify(found[0]?.messages)).toContain('{"by":1.0}');
    const { text, problems } = await describeFile(path, { test_fraction: 0 });
    expect(text?.columns).toMatchObject({ messages: 'messages', tools: 'tools' });
    expect(problems).toEqual([{ where: 'row 3', message: expect.stringContaining('tools is no list of tools') }]);
  });

  test('messages', async () => {
    expect(await examples(file('jsonl', asLines([{ messages }])))).toMatchObject([{ messages, text: null }]);
  });

  test('pairs, and columns that are said rather than guessed', async () => {
    const path = file('csv', 'premise,hypothesis,note,label\nIt rains,It is wet,n1,1\nIt rains,It is dry,n2,0\n');
    expect(await examples(path)).toMatchObject([
      { text: 'It rains', textPair: 'It is wet', label: '1' },
      { text: 'It rains', textPair: 'It is dry', label: '0' },
    ]);
    expect(await examples(path, { text: 'note', label: 'hypothesis' })).toMatchObject([
      { text: 'n1', label: 'It is wet' },
      { text: 'n2', label: 'It is dry' },
    ]);
    await expect(open(path, { text: 'nothing' })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('no column "nothing"'),
    });
  });
});

describe('reports problems by row', () => {
  test('JSON Lines count lines, a table counts rows', async () => {
    const lines = file('jsonl', '{"text":"a","label":"x"}\n\n{"text":"b"}\n{"text":["c"],"label":"x"}\nnonsense\n7\n');
    expect((await describeFile(lines)).problems).toEqual([
      { where: 'row 3', message: 'label is missing: fill it in, or leave the row out' },
      { where: 'row 4', message: 'text contains a list where a text is expected: write it as one text' },
      { where: 'row 5', message: expect.stringContaining('is not JSON') },
      { where: 'row 6', message: expect.stringContaining('is no object') },
    ]);
    const table = file('csv', 'text,label\na,x\nb\nc,\nd,y\n');
    expect((await describeFile(table)).problems).toEqual(
      [
        { where: 'row 4', message: 'label is missing: fill it in, or leave the row out' },
        { where: 'row 3', message: expect.stringContaining('expected 2 columns, found 1') },
      ].sort((one, other) => (one.where < other.where ? -1 : 1)),
    );
  });

  test('many of a kind are counted, not listed', async () => {
    const many = Array.from({ length: 500 }, (_, index) => ({
      text: `text ${index}`,
      ...(index === 0 ? { label: 'x' } : {}),
    }));
    const { problems, text } = await describeFile(file('jsonl', asLines(many)), { skip_faulty_rows: true });
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toMatchObject({ where: '479 more rows' });
    expect(text).toMatchObject({ rowCount: 500, faultyRows: 499 });
  });

  test('bytes that are not UTF-8, and a list that is cut off', async () => {
    const latin = Buffer.from('{"text":"caf\xe9"}\n{"text":"tea"}\n', 'latin1');
    const asUtf8 = { encoding: 'utf-8' };
    expect((await describeFile(file('jsonl', latin), asUtf8)).problems).toEqual([
      { where: 'row 1', message: expect.stringContaining('not UTF-8') },
    ]);
    expect((await describeFile(file('csv', Buffer.from('text\ncaf\xe9\ntea\n', 'latin1')), asUtf8)).problems).toEqual([
      { where: 'row 2', message: expect.stringContaining('not UTF-8') },
    ]);
    expect((await describeFile(file('json', '[{"text":"a"},{"text":"b"'))).problems).toEqual([
      { where: 'row 2', message: expect.stringContaining('is truncated') },
    ]);
  });

  test.each([
    ['a comma before the end of the list', ',]', 'the list ends with a comma'],
    ['a second list', ']\n[{"text":"c"}]', 'comes after the end of the list'],
    ['a letter', ']\nx\n', 'comes after the end of the list'],
  ])('what JSON does not allow after the last row: %s', async (_, end, message) => {
    const rows = '[{"text":"a"},{"text":"b"}';
    expect((await describeFile(file('json', `${rows}\n ]\n\n`))).problems).toEqual([]);
    expect((await describeFile(file('json', `${rows}${end}`))).problems).toEqual([
      { where: 'row 3', message: expect.stringContaining(message) },
    ]);
  });

  test('conversations of nobody known, and those without an answer', async () => {
    const asked = { role: 'user', content: 'Hi' };
    const path = file(
      'jsonl',
      asLines([
        { messages: [asked, { role: 'assistant', content: 'Hello' }] },
        { messages: [asked, { role: 'wizard', content: 'Abracadabra' }] },
        { messages: [asked] },
        { messages: [asked, { role: 'assistant', content: ' ' }] },
      ]),
    );
    const { problems, text } = await describeFile(path);
    expect(text).toMatchObject({ rowCount: 4, faultyRows: 3 });
    expect(problems).toEqual([
      {
        where: 'row 2',
        message: expect.stringMatching(/message 2 has the unknown role "wizard".* one of system, .*assistant/),
      },
      { where: 'row 3', message: expect.stringMatching(/no answer of the assistant.*leave the row out/) },
      { where: 'row 4', message: expect.stringContaining('no answer of the assistant') },
    ]);
    const talk = [
      { from: 'human', value: 'Hi' },
      { from: 'elf', value: 'Hello' },
    ];
    await expect(describeFile(file('json', JSON.stringify([{ conversations: talk }])))).rejects.toThrow(
      /row 1: .*"elf".* one of human, gpt, /,
    );
  });

  test.each([
    ['csv', '', 'is empty'],
    ['csv', 'text,label\n', 'has no rows'],
    ['json', '"text"', 'does not contain a list of rows'],
    ['json', '[]', 'has no rows'],
    ['jsonl', 'no\nno\n', 'none of the first 2 rows can be read; row 1 is not JSON'],
    ['csv', 'a,a\n1,2\n', 'two columns named "a"'],
    ['csv', 'a,b\n1,2\n', 'none of which looks like text'],
    ['csv', `${Array.from({ length: 100_000 }, (_, index) => `c${index}`).join()}\nx\n`, 'has 100000 columns'],
    ['csv', `text\nfine\n${','.repeat(2_000_000)}\nx\n`, 'has a line of more than 1048576 cells'],
    ['tsv', '\t'.repeat(2_000_000), 'has a line of more than 1048576 cells'],
    ['jsonl', `{"text":"${'x'.repeat(17 * 2 ** 20)}"}\n`, 'is longer than 16 MB'],
    [
      'jsonl',
      `{"text":"a",${Array.from({ length: 100_000 }, (_, index) => `"c${index}":1`).join()}}`,
      '100001 columns',
    ],
    ['csv', binary(4096), 'does not contain text in UTF-8'],
    ['tsv', gzipSync('text\tlabel\na\tx\n').subarray(0, 20), 'is packed by gzip and damaged'],
    ['jsonl', binary(4096), 'does not contain text in UTF-8'],
  ])('%s: %#', async (extension, content, message) => {
    const path = file(extension, content);
    const error: unknown = await describeFile(path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: expect.stringMatching(/^invalid_/),
      message: expect.stringContaining(message),
    });
    expect(String(error)).toContain(path);
  });
});

test('without guessing, what is not named is not read', async () => {
  const path = file('jsonl', asLines([{ text: 'a', label: 'x', talk: [{ from: 'gpt', value: 'b' }] }]));
  const read = async (options: ParameterValues) =>
    (await describeFile(path, { ...options, guess_columns: false })).text;
  expect(await read({ text: 'text' })).toMatchObject({ shape: 'columns', columns: { text: 'text', label: null } });
  expect(await read({ messages: 'talk' })).toMatchObject({ shape: 'sharegpt', columns: { messages: 'talk' } });
  await expect(read({ label: 'label' })).rejects.toThrow(/is named to read from/);
});

describe('splits, classes and repetitions', () => {
  const numbered = Array.from({ length: 2000 }, (_, index) => ({ text: `text number ${index}`, label: index % 4 }));

  test('a share of the rows by a seed', async () => {
    const path = file('jsonl', asLines(numbered));
    const { splits, labels, text } = await describeFile(path, { test_fraction: 0.25 });
    const test = splits[1]?.exampleCount ?? 0;
    expect(test).toBeGreaterThan(425);
    expect(test).toBeLessThan(575);
    expect(labels).toEqual(['0', '1', '2', '3']);
    expect(text?.labelKind).toBe('classes');
    expect(splits.map(({ perLabel }) => perLabel.reduce((sum, count) => sum + count, 0))).toEqual([2000 - test, test]);
    const drawn = async (seed: number) => (await examples(path, { test_fraction: 0.25, seed })).map(({ row }) => row);
    expect(await drawn(0)).toEqual(await drawn(0));
    expect(await drawn(0)).not.toEqual(await drawn(1));
  });

  test('by a column, and what is of neither split is said', async () => {
    const path = file('csv', 'text,split\na,train\nb,test\nc,validation\n');
    const { splits, problems } = await describeFile(path);
    expect(splits.map(({ exampleCount }) => exampleCount)).toEqual([1, 1]);
    expect(problems).toEqual([{ where: 'row 4', message: expect.stringContaining('"validation"') }]);
    const [, other] = (await describeFile(path, { test_split: 'validation' })).splits;
    expect(other?.exampleCount).toBe(1);
  });

  test('by file, in a folder', async () => {
    const folder = join(home, 'folder');
    mkdirSync(folder);
    writeFileSync(join(folder, 'train.csv'), 'text,label\nsome words here,x\nothers,y\n');
    writeFileSync(join(folder, 'test.csv'), 'text,label\nsome words here,x\n,y\n');
    const { splits, problems, text } = await describeFile(folder);
    expect(splits.map(({ perLabel }) => perLabel)).toEqual([
      [1, 1],
      [1, 0],
    ]);
    expect(text?.duplicates).toMatchObject({ across: 1, withinTrain: 0, nearAcross: 0 });
    expect(problems).toEqual([
      { where: 'test.csv, row 2', message: expect.stringContaining('other split') },
      { where: 'test.csv, row 3', message: expect.stringContaining('text is missing') },
    ]);
  });

  test('exact and near repetitions', async () => {
    const words = (seed: number) => {
      const random = repeatableNumbers(seed);
      return Array.from({ length: 60 }, () => `w${Math.floor(random() * 5000)}`);
    };
    const train = Array.from({ length: 300 }, (_, seed) => ({ text: words(seed).join(' '), split: 'train' }));
    const near = [...words(5).slice(0, 59), 'changed'].join(' ');
    const far = [...words(6).slice(0, 20), ...words(900).slice(0, 40)].join(' ');
    const path = file(
      'jsonl',
      asLines([
        ...train,
        train[1],
        train[1],
        { text: near, split: 'test' },
        { text: far, split: 'test' },
        { ...train[2], split: 'test' },
      ]),
    );
    const { text, problems } = await describeFile(path);
    expect(text?.duplicates).toEqual({
      comparedRows: 305,
      withinTrain: 2,
      withinTest: 0,
      across: 1,
      nearComparedRows: 305,
      nearAcross: 1,
      pairs: [
        { kind: 'exact', train: null, test: 'row 305', text: expect.any(String) },
        { kind: 'near', train: 'row 6', test: 'row 303', text: near.slice(0, 120) },
      ],
    });
    expect(problems.map(({ where }) => where)).toEqual(['row 305', 'row 303']);
  });

  test('follows the requested split, whatever the file suggests', async () => {
    const path = file('csv', 'text,split\na,train\nb,test\nc,validation\n');
    const byShare = await describeFile(path, { split_by: 'share', test_fraction: 0 });
    expect(byShare.splits.map(({ exampleCount }) => exampleCount)).toEqual([3, 0]);
    const folder = join(home, 'two-files');
    mkdirSync(folder);
    writeFileSync(join(folder, 'train.csv'), 'text\na\nb\n');
    writeFileSync(join(folder, 'test.csv'), 'text\nc\n');
    expect((await describeFile(folder, { split_by: 'share' })).text?.rowCount).toBe(2);
    await expect(describeFile(path, { split_by: 'file' })).rejects.toThrow(/second file/);
    await expect(describeFile(folder, { split_by: 'column' })).rejects.toThrow(/none called split/);
  });

  test('on validation, where a folder has it and no test file', async () => {
    const folder = join(home, 'validated');
    mkdirSync(folder);
    writeFileSync(join(folder, 'train.csv'), 'text\na\nb\n');
    writeFileSync(join(folder, 'validation.csv'), 'text\nc\n');
    expect((await describeFile(folder)).splits.map(({ exampleCount }) => exampleCount)).toEqual([2, 1]);
    writeFileSync(join(folder, 'test.csv'), 'text\nd\ne\nf\n');
    expect((await describeFile(folder)).splits.map(({ exampleCount }) => exampleCount)).toEqual([2, 3]);
  });

  test('test rows are compared however long the training file is', () => {
    const near = new NearDuplicates();
    const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`);
    near.add(words(60).join(' '), 'train', 'row 1');
    for (let row = 2; row <= 41_000; row++) near.add(`filler ${row}`, 'train', `row ${row}`);
    near.add([...words(59), 'changed'].join(' '), 'test', 'row 41001');
    expect(near.across().map(({ where }) => where)).toEqual(['row 41001']);
    expect(near.compared).toBe(40_001);
  });

  test('numbers are values, lists are sets of labels', async () => {
    const values = file('csv', 'text,score\na,0.5\nb,2\n');
    expect(await describeFile(values)).toMatchObject({ labels: [], text: { labelKind: 'numbers' } });
    const sets = file(
      'jsonl',
      asLines([
        { text: 'a', labels: ['x', 'y'] },
        { text: 'b', labels: [] },
      ]),
    );
    expect(await describeFile(sets)).toMatchObject({ labels: ['x', 'y'], text: { labelKind: 'sets' } });
  });
});
