import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
let files = 0;

function file(extension: string, content: string): string {
  const path = join(home, `${files++}.${extension}`);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, options: ParameterValues = {}) {
  const opened = await openDataset({ ...(await detectReader(path)), options: { test_fraction: 0, ...options } });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const description = await opened.describe();
  const texts: (string | null)[] = [];
  for await (const { text } of opened.examples('train')) texts.push(text);
  return { description, texts };
}

/** Rows of which the first `faulty` have no label. */
const jsonl = (count: number, faulty: number, besides: object = {}) =>
  Array.from({ length: count }, (_, at) =>
    JSON.stringify({ text: `text ${at}`, label: at < faulty ? null : at % 2 ? 'x' : 'y', ...besides }),
  ).join('\n');

describe('faulty rows', () => {
  test.each([
    [10, 9],
    [10, 5],
    [10, 3],
    [6, 4],
    [4, 1],
    [100, 11],
    [2000, 21],
  ])('rejects a file of %d rows with %d faulty ones', async (count, faulty) => {
    await expect(read(file('jsonl', jsonl(count, faulty)))).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringContaining(`${faulty} of its ${count} rows cannot be used, first row 1: label is missing`),
      hint: expect.stringContaining('skip_faulty_rows=true'),
    });
    const { description, texts } = await read(file('jsonl', jsonl(count, faulty)), { skip_faulty_rows: true });
    expect([texts.length, description.text?.faultyRows]).toEqual([count - faulty, faulty]);
  });

  test.each([
    [10, 2],
    [5, 1],
    [100, 10],
    [2000, 20],
  ])('accepts a file of %d rows with %d faulty ones', async (count, faulty) => {
    const { description, texts } = await read(file('jsonl', jsonl(count, faulty)));
    expect([texts.length, description.text?.faultyRows]).toEqual([count - faulty, faulty]);
  });

  test('rejects a file whose training rows are all faulty', async () => {
    const rows = `${jsonl(2, 2, { split: 'train' })}\n${jsonl(30, 0, { split: 'test' })}`;
    await expect(read(file('jsonl', rows), { split_by: 'column', split_column: 'split' })).rejects.toThrow(
      '2 of its 32 rows cannot be used, and none is left to train on, first row 1: label is missing',
    );
  });
});

/** 40 rows of a text and a label, some texts with something of their own before and after. */
const table = (separator: string, marks: Readonly<Record<number, [before: string, after: string]>>) =>
  `text${separator}label\n${Array.from({ length: 40 }, (_, at) => {
    const [before, after] = marks[at] ?? ['', ''];
    return `${before}text ${at}${after}${separator}${at % 2 ? 'x' : 'y'}\n`;
  }).join('')}`;

describe('quotation marks of a TSV', () => {
  test.each([
    ['a lone one before a text', { 5: ['"', ''] }],
    ['two in different rows, which 25 rows lie between', { 5: ['"', ''], 30: ['', '"'] }],
    ['two before texts', { 5: ['"', ''], 30: ['"', ''] }],
    ['one around the first word', { 5: ['"Well" ', ''] }],
  ] as const)('reads %s as text', async (_, marks) => {
    const { description, texts } = await read(file('tsv', table('\t', { ...marks } as never)));
    expect(texts.length).toBe(40);
    expect(description.text).toMatchObject({ rowCount: 40, faultyRows: 0 });
    const written = (at: number) => {
      const [before, after] = Object.entries(marks).find(([row]) => Number(row) === at)?.[1] ?? ['', ''];
      return `${before}text ${at}${after}`;
    };
    expect(texts).toEqual(texts.map((__, at) => written(at)));
  });

  test('reads cells over several lines, first and last ones, and doubled marks', async () => {
    const content =
      'label\ttext\tnote\ny\t"one\ntwo"\ta\nx\t"he said ""no""\tand left"\tb\ny\tplain\t"last\ncell\n"\nx\tend\tc\n';
    const { texts, description } = await read(file('tsv', content), { text: 'text', label: 'label' });
    expect(texts).toEqual(['one\ntwo', 'he said "no"\tand left', 'plain', 'end']);
    expect(description.text?.faultyRows).toBe(0);
  });

  test('reads a lone mark in the last cell, and in the last row', async () => {
    const content = 'label\ttext\ny\t"one\nx\ttwo\ny\tthree\nx\t"four';
    expect((await read(file('tsv', content), { text: 'text', label: 'label' })).texts).toEqual([
      '"one',
      'two',
      'three',
      '"four',
    ]);
  });

  test.each([
    ['lines that end with a carriage return', 'tsv', 'label\ttext\r"y"\t"one"\r"x"\t"two"\ry\t"three\r'],
    [
      'a first line that announces the separator',
      'csv',
      'sep=\t\nlabel\ttext\tnote\ny\tone\t\nx\ttwo\t\ny\t"three\t\n',
    ],
    ['blank first lines', 'tsv', '\n\nlabel\ttext\ny\tone\nx\ttwo\ny\t"three\n'],
  ])('reads quoted cells and lone marks in a file with %s', async (_, extension, content) => {
    const { texts, description } = await read(file(extension, content), { text: 'text', label: 'label' });
    expect(texts).toEqual(['one', 'two', '"three']);
    expect(description.text?.faultyRows).toBe(0);
  });
});

describe('quotation marks of a CSV', () => {
  test('counts the lines that a mark without an end swallows', async () => {
    const path = file('csv', table(',', { 5: ['"', ''] }));
    await expect(read(path)).rejects.toThrow(
      '35 of its 40 rows cannot be used, first row 7: opens a quotation mark that is never closed and swallows 34 more lines',
    );
    const shown = await inspectDataset({ ...(await detectReader(path)), options: {} });
    expect([shown?.rowsRead, shown?.faultyRows]).toEqual([40, 35]);
  });

  test('counts the lines between two marks that make a cell', async () => {
    const path = file('csv', table(',', { 5: ['"', ''], 30: ['', '"'] }));
    await expect(read(path)).rejects.toThrow(
      '26 of its 40 rows cannot be used, first row 7: has a quotation mark that swallows 25 more lines, each of which looks like a row',
    );
  });

  test('reads cells over several lines', async () => {
    const letters = [
      'Dear Ann,\nthank you, and all.\n\nYours, Bo',
      'Hello, world\nBye',
      'a,b\nc,d\ne',
      'one\ntwo\nthree',
    ];
    const content = `text,label\n${letters.map((letter, at) => `"${letter}",${at % 2 ? 'x' : 'y'}\n`).join('')}`;
    expect((await read(file('csv', content))).texts).toEqual(letters);
  });
});
