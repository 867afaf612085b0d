import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ColumnSource, parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import type { OpenTexts } from '../../../src-main/engine/data/dataset.ts';
import { openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { parquetRows } from '../../../src-main/engine/data/readers/parquet.ts';
import type { RawRow } from '../../../src-main/engine/data/text/raw-row.ts';
import { goldenPath } from '../golden.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
let files = 0;

function file(bytes: Buffer, folder = home, name = `${files++}.parquet`): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function written(columnData: ColumnSource[], rowGroupSize = 1000): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize }));
}

async function rowsOf(path: string): Promise<RawRow[]> {
  const found: RawRow[] = [];
  for await (const rows of parquetRows(path)) found.push(...rows);
  return found;
}

async function open(path: string): Promise<OpenTexts> {
  const opened = await openDataset({ ...(await detectReader(path)), options: { skip_faulty_rows: true } });
  if (opened.kind !== 'texts') throw new Error('these are images');
  return opened;
}

const golden = (name: string): string => goldenPath('parquet', `${name}.parquet`);
const texts = (count: number, prefix: string): ColumnSource => ({
  name: 'text',
  data: Array.from({ length: count }, (_, index) => `${prefix} ${index}`),
});

describe('values are those that pyarrow reads', () => {
  test.each([
    ['flat', 'snappy'],
    ['flat', 'encodings'],
    ['nested', 'snappy'],
    ['nested', 'v2'],
    ['packed', 'none'],
    ['packed', 'gzip'],
    ['packed', 'zstd'],
    ['packed', 'brotli'],
    ['packed', 'lz4'],
    ['dated', 'int96'],
  ])('%s-%s', async (table, way) => {
    const expected: unknown = JSON.parse(readFileSync(goldenPath('parquet', `${table}.json`), 'utf8'));
    const rows = await rowsOf(golden(`${table}-${way}`));
    // Numbers within a column keep how Python would write them.
    const cells: unknown = JSON.parse(JSON.stringify(rows.map((row) => row.cells)));
    expect(cells).toEqual(expected);
    expect(rows.map(({ row, fault }) => ({ row, fault }))).toEqual(
      rows.map((_, index) => ({ row: index + 1, fault: null })),
    );
  });
});

describe('supported files', () => {
  test('conversations are found as in JSON Lines', async () => {
    const opened = await open(golden('nested-snappy'));
    const { text, problems } = await opened.describe({ keepsFaults: true });
    expect(text).toMatchObject({ shape: 'messages', columns: { messages: 'messages' }, rowCount: 60 });
    expect(problems.find(({ where }) => where === 'row 1')?.message).toContain('no list of messages');
    for await (const { messages } of opened.examples('train')) expect(messages?.[0]?.content).toBeTypeOf('string');
  });

  test('bytes that are no text make their row a fault, where they are learned from', async () => {
    const latin = Buffer.from('caf\xe9', 'latin1');
    const data = [Buffer.from('tea'), latin, Buffer.from('milk')];
    const [label, column] = [
      { name: 'label', data: ['a', 'b', 'c'] },
      { name: 'text', data, type: 'BYTE_ARRAY' as const },
    ];
    const spoiled = await (await open(file(written([column, label])))).describe();
    expect(spoiled.problems).toEqual([{ where: 'row 2', message: expect.stringContaining('not UTF-8') }]);
    const unused = await (await open(file(written([texts(3, 't'), label, { ...column, name: 'image' }])))).describe();
    expect(unused.problems).toEqual([]);
    const schema: SchemaElement[] = [
      { name: 'root', num_children: 1 },
      { name: 'turn', num_children: 1, repetition_type: 'OPTIONAL' },
      { name: 'content', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
    ];
    const columnData = [{ name: 'turn', data: [{ content: Buffer.from('tea') }, { content: latin }] }];
    expect(await rowsOf(file(Buffer.from(parquetWriteBuffer({ schema, columnData }))))).toMatchObject([
      { row: 1, cells: { turn: { content: 'tea' } } },
      { row: 2, fault: expect.stringContaining('turn.content that are not UTF-8') },
    ]);
  });

  test('a row that is too long is a fault, those around it are not', async () => {
    const data = ['a', 'x'.repeat(17 * 2 ** 20), 'b'];
    expect(await rowsOf(file(written([{ name: 'text', data }])))).toMatchObject([
      { cells: { text: 'a' } },
      { fault: expect.stringContaining('longer than 16 MB') },
      { cells: { text: 'b' } },
    ]);
  });

  test('names that objects inherit are columns like others', async () => {
    const rows = await rowsOf(file(written([texts(1, 't'), { name: '__proto__', data: ['x'] }])));
    expect(rows.map(({ cells }) => Object.entries(cells))).toEqual([
      [
        ['text', 't 0'],
        ['__proto__', 'x'],
      ],
    ]);
  });
});

describe('several files of a split', () => {
  const shard = (split: string, number: number, count: number) =>
    `${split}-0000${number}-of-0000${count}${number === 1 ? '-0123456789abcdef' : ''}.parquet`;

  test.each([['.'], ['data']])('are read one after the other: in %s', async (below) => {
    const root = join(home, `hub ${below}`);
    for (const number of [0, 1])
      file(written([texts(3, `train ${number}`)]), join(root, below), shard('train', number, 2));
    file(written([texts(2, 'test')]), join(root, below), shard('test', 0, 1));
    const opened = await open(root);
    const { splits, text } = await opened.describe();
    expect(splits.map(({ exampleCount }) => exampleCount)).toEqual([6, 2]);
    expect(text?.splitRule).toBe('by file');
    const found: string[] = [];
    for await (const { row } of opened.examples('train')) found.push(row);
    expect(found).toEqual(
      [0, 1].flatMap((number) => [1, 2, 3].map((row) => `${shard('train', number, 2)}, row ${row}`)),
    );
  });

  test('are split as one where there are none for testing, and of JSON Lines likewise', async () => {
    const root = join(home, 'lines');
    const lines = (from: number) =>
      Array.from({ length: 500 }, (_, index) => `{"text":"text ${from + index}"}`).join('\n');
    for (const number of [0, 1, 2]) file(Buffer.from(lines(500 * number)), root, `train-0000${number}-of-00003.jsonl`);
    const { splits, text } = await (await open(root)).describe();
    expect(text).toMatchObject({ rowCount: 1500, duplicates: { across: 0, withinTrain: 0 } });
    expect(Math.abs((splits[1]?.exampleCount ?? 0) - 300)).toBeLessThan(60);
  });

  test('must all be there, and say that they belong together', async () => {
    const part = join(home, 'part');
    file(written([texts(1, 't')]), part, shard('train', 0, 3));
    file(written([texts(1, 't')]), part, shard('train', 2, 3));
    await expect(open(part)).rejects.toThrow(/2 files of the 3 of train; number 1 is not there once/);
    const loose = join(home, 'loose');
    for (const name of ['train.parquet', 'train-old.parquet']) file(written([texts(1, 't')]), loose, name);
    await expect(open(loose)).rejects.toThrow('several files for one split: train-old.parquet, train.parquet');
  });
});

describe('names unsupported content', () => {
  const good = written([texts(50, 't'), { name: 'label', data: Array.from({ length: 50 }, (_, i) => i) }], 20);
  const footer = good.length - 8 - good.readUInt32LE(good.length - 8);
  const spoiled = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(good);
    change(bytes);
    return bytes;
  };

  test.each<[string, Buffer, string]>([
    ['another format', Buffer.from('text,label\na,b\nc,d\n'), 'does not begin with PAR1'],
    ['encrypted', spoiled((bytes) => bytes.write('PARE')), 'is an encrypted Parquet file'],
    ['cut off', good.subarray(0, good.length - 20), 'does not end with PAR1'],
    [
      'a footer past the file',
      spoiled((bytes) => bytes.writeUInt32LE(2 ** 31, bytes.length - 8)),
      'more than the file',
    ],
    ['a footer that is none', spoiled((bytes) => bytes.fill(0xff, footer, footer + 40)), 'has'],
    ['pages that are none', spoiled((bytes) => bytes.fill(0xff, 4, footer)), 'row group 1, column text,'],
    ['no rows', written([{ name: 'text', data: [], type: 'STRING' }]), 'has no rows'],
    [
      'too many columns',
      written(Array.from({ length: 4100 }, (_, index) => ({ name: `c${index}`, data: ['x'] }))),
      'has more than 4096 columns',
    ],
    ['two columns of a name', written([texts(1, 'a'), texts(1, 'b')]), 'two columns named "text"'],
  ])('%s', async (_, bytes, message) => {
    const path = file(bytes);
    await expect(open(path)).rejects.toMatchObject({ code: 'invalid_file', message: expect.stringContaining(message) });
    await expect(open(path)).rejects.toThrow(path);
  });

  test('a group of rows that is missing its pages says which', async () => {
    const second = good.indexOf('t 20') - 5;
    const path = file(spoiled((bytes) => bytes.fill(0xff, second - 20, second + 20)));
    await expect(rowsOf(path)).rejects.toThrow(/row group 2, column text, /);
  });
});
