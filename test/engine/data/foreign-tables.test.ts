import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import type { DatasetDescription, TextExample } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
let files = 0;

function file(extension: string, content: string | Buffer): string {
  const path = join(home, `${files++}.${extension}`);
  writeFileSync(path, content);
  return path;
}

async function read(
  path: string,
  options: ParameterValues = {},
): Promise<{ description: DatasetDescription; examples: TextExample[] }> {
  const opened = await openDataset({
    ...(await detectReader(path)),
    options: { test_fraction: 0, skip_faulty_rows: true, ...options },
  });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const examples: TextExample[] = [];
  for await (const example of opened.examples('train')) examples.push(example);
  return { description: await opened.describe(), examples };
}

const contents = ({ examples }: { examples: readonly TextExample[] }) =>
  examples.map(({ text, label }) => [text, label]);
const asLines = (rows: readonly unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

describe('several labels of a row', () => {
  test('zeros and ones in lists', async () => {
    const path = file(
      'jsonl',
      asLines([
        { text: 'a', labels: [0, 1, 0, 1] },
        { text: 'b', labels: [0, 0, 0, 0] },
        { text: 'c', labels: [1, 0, 0, 0] },
        { text: 'd', labels: [1, 0] },
      ]),
    );
    const found = await read(path);
    expect(contents(found)).toEqual([
      ['a', ['1', '3']],
      ['b', []],
      ['c', ['0']],
    ]);
    expect(found.description).toMatchObject({ labels: ['0', '1', '3'], text: { labelKind: 'sets' } });
    expect(found.description.problems).toEqual([
      { where: 'row 4', message: 'labels is not a list of 4 zeros and ones, as in other rows' },
    ]);
  });

  test('lists of the numbers of labels stay what they are', async () => {
    const path = file(
      'jsonl',
      asLines([
        { text: 'a', labels: [0, 1] },
        { text: 'b', labels: [1, 0] },
      ]),
    );
    expect(contents(await read(path))).toEqual([
      ['a', ['0', '1']],
      ['b', ['1', '0']],
    ]);
  });

  test('columns of their own, detected or named', async () => {
    const path = file('csv', 'id,comment_text,toxic,insult,threat\nx,Go away,1,1,0\ny,Hello there,0,0,0\n');
    const guessed = await read(path);
    expect(guessed.description.text?.columns.label).toBe('toxic, insult, threat');
    expect(contents(guessed)).toEqual([
      ['Go away', ['toxic', 'insult']],
      ['Hello there', []],
    ]);
    expect(contents(await read(path, { label: 'toxic, threat' }))[0]).toEqual(['Go away', ['toxic']]);
  });
});

describe('a table without names', () => {
  const bare = 'positive,I liked it a lot\nnegative,Not for me\npositive,Fine again\nnegative,Dull\n';

  test('keeps its first row, and says so', async () => {
    const found = await read(file('csv', bare));
    expect(contents(found)).toEqual([
      ['I liked it a lot', 'positive'],
      ['Not for me', 'negative'],
      ['Fine again', 'positive'],
      ['Dull', 'negative'],
    ]);
    expect(found.examples[0]?.row).toBe('row 1');
    expect(found.description.text?.notes).toEqual([expect.stringContaining('first row looks like data')]);
    const inspected = await inspectDataset({ ...(await detectReader(file('csv', bare))), options: {} });
    expect(inspected).toMatchObject({ columnNames: ['column 1', 'column 2'], notes: [expect.any(String)] });
  });

  test('is read as is said', async () => {
    const path = file('csv', bare);
    expect((await read(path, { header: 'names', text: 'I liked it a lot' })).examples).toHaveLength(3);
    const named = file('csv', 'text,label\na,x\nb,y\n');
    expect((await read(named, { header: 'data', text: 'column 1' })).examples.map(({ text }) => text)).toEqual([
      'text',
      'a',
      'b',
    ]);
  });

  test.each([
    ['of numbers first', '3,Wall Street falls,Shares fell\n4,A new chip,It is fast\n', 'column 3', 2],
    ['with the numbers of pandas', '0,1\nfine,good\npoor,bad\n', '0', 2],
    ['with names alone', 'remark,verdict\nfine,good\npoor,bad\n', 'verdict', 2],
  ])('%s', async (_, content, text, count) => {
    expect((await read(file('csv', content), { text })).examples).toHaveLength(count);
  });
});

describe('separators of cells', () => {
  test.each([
    ['a tab in a file called csv', 'text\tlabel\nOne, two, three\tx\nFour, five\ty\n'],
    ['a bar', 'text|label\nOne, two, three|x\nFour, five|y\n'],
    ['a semicolon, though the text has commas', 'text;label\nOne, two, three;x\nFour, five;y\n'],
  ])('%s', async (_, content) => {
    expect(contents(await read(file('csv', content)))).toEqual([
      ['One, two, three', 'x'],
      ['Four, five', 'y'],
    ]);
  });
});

describe('encodings', () => {
  const rows = Array.from({ length: 30 }, (_, at) => [`Le café est très bon, déjà vu ${at}`, 'négatif'] as const);
  const csv = `text,label\n${rows.map(([text, label]) => `"${text}",${label}\n`).join('')}`;

  test('Windows-1252 is told by its bytes, and said', async () => {
    const found = await read(file('csv', Buffer.from(csv, 'latin1')));
    expect(contents(found)).toEqual(rows);
    expect(found.description.text?.notes).toEqual([expect.stringMatching(/^Read as Windows-1252/)]);
  });

  test.each(['utf16le', 'utf8'] as const)('%s without a mark', async (encoding) => {
    expect(contents(await read(file('csv', Buffer.from(csv, encoding))))).toEqual(rows);
  });

  test('UTF-16, big endian, without a mark; a last character cut in two', async () => {
    const big = Buffer.from(`${csv}x`, 'utf16le').swap16();
    expect(contents(await read(file('csv', big.subarray(0, -2))))).toEqual(rows);
  });

  test('letters beyond the first piece of the file', async () => {
    const plain = Array.from({ length: 12_000 }, (_, at) => `{"text":"A row of plain ASCII letters, number ${at}"}\n`);
    const path = file('jsonl', Buffer.from(`${plain.join('')}{"text":"Un café déjà fermé"}\n`, 'latin1'));
    const { examples } = await read(path);
    expect(examples.at(-1)?.text).toBe('Un café déjà fermé');
  });

  test('uses the requested encoding, whatever the file looks like', async () => {
    const path = file('jsonl', Buffer.from('{"text":"\xcf\xf0\xe8\xe2\xe5\xf2"}\n', 'latin1'));
    expect((await read(path, { encoding: 'windows-1251' })).examples[0]?.text).toBe('Привет');
  });

  test('bytes that are none among letters that are stay faults of their rows', async () => {
    const good = Buffer.from('text\nGrüße\nÄpfel\nÖl\n');
    const path = file('csv', Buffer.concat([good, Buffer.from([0x61, 0xff, 0x0a])]));
    const { description } = await read(path);
    expect(description.problems).toEqual([{ where: 'row 5', message: expect.stringContaining('not UTF-8') }]);
  });
});

test('a file of which more than a few rows are faulty is added only on request', async () => {
  const rows = Array.from({ length: 60 }, (_, at) => ({ text: `text ${at}`, label: at % 3 === 0 ? 'x' : null }));
  const path = file('jsonl', asLines(rows));
  await expect(read(path, { skip_faulty_rows: false })).rejects.toMatchObject({
    code: 'invalid_file',
    message: expect.stringMatching(/: 40 of its 60 rows cannot be used, first row 2: label is missing/),
    hint: expect.stringContaining('skip_faulty_rows'),
  });
  const { examples, description } = await read(path, { skip_faulty_rows: true });
  expect(examples).toHaveLength(20);
  expect(description.text).toMatchObject({ rowCount: 60, faultyRows: 40 });
});

describe('numbers as labels', () => {
  test.each([
    ['a decimal comma', ['4,5', '1.234,25', '3'], ['4.5', '1234.25', '3']],
    ['thousands', ['1,234', '12,000.5', '7'], ['1234', '12000.5', '7']],
    ['percent', ['45 %', '12,5%', '3.25%'], ['45', '12.5', '3.25']],
    ['classes that are none', ['1,5', 'x', '2'], ['1,5', 'x', '2']],
  ])('%s', async (_, written, labels) => {
    const path = file('csv', `text;label\n${written.map((label, at) => `text ${at};${label}\n`).join('')}`);
    expect((await read(path)).examples.map(({ label }) => label)).toEqual(labels);
  });
});

describe('a JSON file that is one object', () => {
  const rows = [
    { text: 'a', label: 'x' },
    { text: 'b', label: 'y' },
  ];
  const [text, label] = [
    ['a', 'b'],
    ['x', 'y'],
  ];
  test.each([
    ['a list under a key', { version: '1', data: rows }],
    ['a list further down', { meta: { by: 'me' }, nested: { data: rows } }],
    ['columns, as pandas has them', { text: { 0: 'a', 1: 'b' }, label: { 0: 'x', 1: 'y' } }],
    ['index, as pandas has it', { 0: rows[0], 1: rows[1] }],
    [
      'split, as pandas has it',
      {
        columns: ['text', 'label'],
        index: [0, 1],
        data: [
          ['a', 'x'],
          ['b', 'y'],
        ],
      },
    ],
    ['lists by column', { text, label }],
    ['table, as pandas has it', { schema: { fields: [{ name: 'text' }, { name: 'label' }] }, data: rows }],
  ])('%s', async (_, document) => {
    for (const indent of [0, 2])
      expect(contents(await read(file('json', JSON.stringify(document, null, indent))))).toEqual([
        ['a', 'x'],
        ['b', 'y'],
      ]);
  });

  test('with several lists, of which one is named', async () => {
    const path = file('json', JSON.stringify({ train: rows, other: [{ text: 'c', label: 'z' }] }));
    await expect(read(path)).rejects.toMatchObject({
      message: expect.stringContaining('several lists of rows: train, other'),
      hint: expect.stringContaining('rows_at=train'),
    });
    expect(contents(await read(path, { rows_at: 'other' }))).toEqual([['c', 'z']]);
    await expect(read(path, { rows_at: 'none' })).rejects.toThrow('no list of rows at none');
  });

  test('lists of values are rows without names, texts are texts, a list of turns is a conversation', async () => {
    const values = [
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'x'],
      ['d', 'y'],
    ];
    const path = file('json', JSON.stringify(values));
    expect(contents(await read(path))).toEqual(values);
    const texts = await read(file('json', '["One.", "Two."]'));
    expect(contents(texts)).toEqual([
      ['One.', null],
      ['Two.', null],
    ]);
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ];
    const talks = await read(file('jsonl', asLines([messages, messages])));
    expect(talks.examples.map((example) => example.messages)).toEqual([messages, messages]);
  });

  test('objects one after the other, over several lines each; one that is cut off is said', async () => {
    const whole = rows.map((row) => JSON.stringify(row, null, 1)).join('\n');
    expect(contents(await read(file('json', `${whole}\n`)))).toEqual([
      ['a', 'x'],
      ['b', 'y'],
    ]);
    const cut = await read(file('json', `${whole}\n{\n "text": "c"`));
    expect(cut.description.problems).toEqual([
      { where: 'row 3', message: 'is truncated: the file ends before it does; copy it again' },
    ]);
  });

  test('objects one after the other end with the bytes of their file, also where one is longer than what tells them', async () => {
    for (const text of ['a', 'long '.repeat(100_000)]) {
      const path = file('json', [{ ...rows[0], text }, rows[1]].map((row) => JSON.stringify(row, null, 1)).join('\n'));
      const opened = await openDataset({ ...(await detectReader(path)), options: { test_fraction: 0 } });
      if (opened.kind !== 'texts') throw new Error('these are images');
      const told: number[] = [];
      await opened.describe({ onRead: ({ bytes, totalBytes }) => told.push(bytes / totalBytes) });
      expect(told.at(-1)).toBe(1);
      expect(Math.max(...told)).toBe(1);
    }
  });

  test("Python's NaN is a missing value, and stays a word within texts", async () => {
    const lines = '{"text": "NaN \\" Infinity", "label": NaN}\n{"text": "b", "label": "y", "score": -Infinity}\n';
    const { examples, description } = await read(file('jsonl', `${lines}{"text": "c", "label": nan}\n`));
    expect(contents({ examples })).toEqual([['b', 'y']]);
    expect(description.problems.map(({ where, message }) => [where, message.slice(0, 16)])).toEqual([
      ['row 1', 'label is missing'],
      ['row 3', 'is not JSON; che'],
    ]);
    const [{ text: kept } = { text: null }] = (await read(file('jsonl', lines), { guess_columns: false, text: 'text' }))
      .examples;
    expect(kept).toBe('NaN " Infinity');
  });

  test('a value within objects, where it is named', async () => {
    const nested = [5, 1].map((stars) => ({ data: { text: `So ${stars}`, meta: { stars } } }));
    const path = file('jsonl', asLines(nested));
    expect(contents(await read(path, { text: 'data.text', label: 'data.meta.stars' }))).toEqual([
      ['So 5', '5'],
      ['So 1', '1'],
    ]);
    await expect(read(path, { label: 'data.meta.none' })).rejects.toThrow('no column "data.meta.none"');
  });

  test('conversations within an object of each row', async () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ];
    const { examples, description } = await read(file('jsonl', asLines([{ id: 1, data: { messages } }])));
    expect(examples[0]?.messages).toEqual(messages);
    expect(description.text?.columns.messages).toBe('data.messages');
  });
});

test("classes have the names that Hugging Face's datasets notes in a Parquet file", async () => {
  const path = join(home, 'classes.parquet');
  const names = ['World', 'Sports', 'Business'];
  const features = { text: { dtype: 'string', _type: 'Value' }, label: { names, _type: 'ClassLabel' } };
  parquetWriteFile({
    filename: path,
    columnData: [
      { name: 'text', data: ['a', 'b', 'c'], type: 'STRING' },
      { name: 'label', data: [2, 0, -1], type: 'INT32' },
    ],
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
  });
  const { examples, description } = await read(path);
  expect(contents({ examples })).toEqual([
    ['a', 'Business'],
    ['b', 'World'],
  ]);
  expect(description.problems).toEqual([{ where: 'row 3', message: expect.stringContaining('label is missing') }]);
});

describe('tables of programs with manners of their own', () => {
  const rows = [
    ['One, two.', 'x'],
    ['Three', 'y'],
  ];
  test.each([
    ['Excel names the separator in a first line', 'sep=;\r\ntext;label\r\n"One, two.";x\r\nThree;y\r\n'],
    ['cells in apostrophes', "'text','label'\n'One, two.','x'\n'Three','y'\n"],
    ['pandas without a header numbers the columns', '0,1\n"One, two.",x\nThree,y\n"One, two.",x\nThree,y\n'],
  ])('%s', async (_, content) => {
    const { examples, description } = await read(file('csv', content));
    expect(contents({ examples }).slice(0, 2)).toEqual(rows);
    expect(description.problems).toEqual([]);
  });

  test('quotation marks after backslashes, in quoted cells and in others', async () => {
    const path = file(
      'csv',
      'text,label\n"So \\"it\\" goes, on",x\nSo \\"it\\" goes,y\nA \\\\ in it,y\n"A \\\\, in it",x\n',
    );
    expect(contents(await read(path))).toEqual([
      ['So "it" goes, on', 'x'],
      ['So "it" goes', 'y'],
      ['A \\ in it', 'y'],
      ['A \\, in it', 'x'],
    ]);
    // A path that ends in a backslash escapes nothing.
    const paths = file('csv', 'text,label\n"C:\\dir\\",x\n"a ""b"" c",y\n');
    expect(contents(await read(paths))).toEqual([
      ['C:\\dir\\', 'x'],
      ['a "b" c', 'y'],
    ]);
  });
});

describe('packed files', () => {
  const lines = Buffer.from(asLines(Array.from({ length: 3000 }, (_, at) => ({ text: `text ${at}`, label: 'x' }))));

  test.each([
    ['gz', gzipSync(lines)],
    ['gz', Buffer.concat([gzipSync(lines.subarray(0, 1000)), gzipSync(lines.subarray(1000))])],
    ['zst', zstdCompressSync(lines)],
  ])('JSON Lines packed as %s', async (extension, bytes) => {
    const { examples, description } = await read(file(`jsonl.${extension}`, bytes));
    expect(examples.map(({ text }) => text)).toEqual(Array.from({ length: 3000 }, (_, at) => `text ${at}`));
    expect(description).toMatchObject({ sizeBytes: bytes.length, problems: [] });
  });

  test('in a folder by split, and under another name', async () => {
    const folder = join(home, 'packed');
    mkdirSync(folder);
    for (const split of ['train', 'test'])
      writeFileSync(join(folder, `${split}.csv.gz`), gzipSync(`text,label\n${split} text,x\n`));
    const opened = await openDataset(await detectReader(folder));
    expect(
      (opened.kind === 'texts' ? await opened.describe() : null)?.splits.map(({ exampleCount }) => exampleCount),
    ).toEqual([1, 1]);
    expect(contents(await read(file('csv', gzipSync('text,label\na,x\n'))))).toEqual([['a', 'x']]);
  });

  test('one that is cut off is refused, and what is not unpacked says what to do', async () => {
    await expect(read(file('jsonl.gz', gzipSync(lines).subarray(0, 2000)))).rejects.toThrow(
      'packed by gzip and damaged',
    );
    await expect(detectReader(file('csv.zip', 'PK'))).rejects.toMatchObject({
      hint: expect.stringContaining('Unpack'),
    });
    await expect(detectReader(file('xls', 'x'))).rejects.toMatchObject({ hint: expect.stringContaining('.xlsx') });
  });
});

describe('shapes of the hub', () => {
  test('Dolly: an instruction, not a category', async () => {
    const row = { instruction: 'Name it', context: 'A sea', response: 'The North Sea', category: 'open_qa' };
    const { examples, description } = await read(file('jsonl', asLines([row])));
    expect(examples[0]).toMatchObject({ prompt: 'Name it\n\nA sea', completion: 'The North Sea', label: null });
    expect(description.labels).toEqual([]);
  });

  test('OpenOrca: the system prompt goes before the question', async () => {
    const row = { id: 'x', system_prompt: 'Be short.', question: 'What is it?', response: 'A sea' };
    const { examples } = await read(file('jsonl', asLines([row, { ...row, system_prompt: '' }])));
    expect(examples.map(({ prompt, completion }) => [prompt, completion])).toEqual([
      ['Be short.\n\nWhat is it?', 'A sea'],
      ['What is it?', 'A sea'],
    ]);
  });

  test('turns that a table gave all keys have those that they had', async () => {
    const nothing = { tool_calls: null, name: null };
    const call = { function: { name: 'weather', arguments: { city: 'Rome', unit: null } } };
    const messages = [
      { role: 'user', content: 'Hi', ...nothing },
      { role: 'assistant', content: null, ...nothing, tool_calls: [call] },
    ];
    const { examples } = await read(file('jsonl', asLines([{ messages }])));
    expect(examples[0]?.messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'weather', arguments: { city: 'Rome' } } }] },
    ]);
  });

  test('SQuAD: questions with the first of their answers, or none', async () => {
    const row = { id: '1', title: 'Sea', context: 'It is deep.', question: 'How is it?' };
    const rows = [
      { ...row, answers: { text: ['deep', 'It is deep'], answer_start: [6, 0] } },
      { ...row, answers: { text: [], answer_start: [] } },
    ];
    const { examples, description } = await read(file('jsonl', asLines(rows)));
    expect(examples.map(({ prompt, completion }) => [prompt, completion])).toEqual([
      ['It is deep.\n\nHow is it?', 'deep'],
      ['It is deep.\n\nHow is it?', null],
    ]);
    expect(examples.map(({ answers }) => answers?.length)).toEqual([2, 0]);
    expect(description.problems).toEqual([]);
  });
});
