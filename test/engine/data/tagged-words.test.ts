import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OpenTexts } from '../../../src-main/engine/data/dataset.ts';
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

async function open(path: string, options: ParameterValues = {}): Promise<OpenTexts> {
  const opened = await openDataset({
    ...(await detectReader(path)),
    options: { test_fraction: 0, skip_faulty_rows: true, ...options },
  });
  if (opened.kind !== 'texts') throw new Error('these are images');
  return opened;
}

async function read(path: string, options: ParameterValues = {}) {
  const found: { row: string; words: readonly string[]; tags: readonly string[] }[] = [];
  for await (const { row, words = [], tags = [] } of (await open(path, options)).examples('train'))
    found.push({ row, words, tags });
  return found;
}

const describeFile = async (path: string, options: ParameterValues = {}) => (await open(path, options)).describe();
const asLines = (rows: readonly unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

const conll2003 = [
  '-DOCSTART- -X- -X- O',
  '',
  'EU NNP B-NP B-ORG',
  'rejects VBZ B-VP O',
  'German JJ B-NP B-MISC',
  '',
  '',
  'Peter NNP B-NP B-PER',
  'Blackburn NNP I-NP I-PER',
].join('\n');
const sentences = [
  { row: 'row 3', words: ['EU', 'rejects', 'German'], tags: ['B-ORG', 'O', 'B-MISC'] },
  { row: 'row 8', words: ['Peter', 'Blackburn'], tags: ['B-PER', 'I-PER'] },
];

describe('sentences of a CoNLL file', () => {
  it('have a word and its tag of every line, by the first and the last column', async () => {
    expect(await read(file('conll', conll2003))).toEqual(sentences);
    expect(await read(file('txt', conll2003.replaceAll('\n', '\r\n')))).toEqual(sentences);
    expect(await read(file('bio', conll2003.replaceAll(' ', '\t')))).toEqual(sentences);
  });

  it('are described with their tags as labels', async () => {
    const { labels, text, splits } = await describeFile(file('conll', conll2003));
    expect(labels).toEqual(['B-MISC', 'B-ORG', 'B-PER', 'I-PER', 'O']);
    expect(text?.labelKind).toBe('tags');
    expect(text?.columns).toMatchObject({ words: 'tokens', tags: 'tags', text: null, label: null });
    expect(splits[0]?.perLabel).toEqual([1, 1, 1, 1, 1]);
  });

  it('have the columns that are chosen, and no comments', async () => {
    const germEval = '# http://example.org [2009]\n1\tSchau\tO\tO\n2\tHausen\tB-LOC\tO\n\n1\t#\tO\tO\n';
    expect(await read(file('conll', germEval), { word_column: 2, tag_column: 3 })).toEqual([
      { row: 'row 2', words: ['Schau', 'Hausen'], tags: ['O', 'B-LOC'] },
      { row: 'row 5', words: ['#'], tags: ['O'] },
    ]);
    await expect(read(file('conll', germEval), { tag_column: 5 })).rejects.toThrow(
      'tag_column is 5, but line 2 has 4 columns',
    );
  });

  it('are faults where a line lacks columns, by the line', async () => {
    const { problems, text } = await describeFile(file('conll', 'a X O\nb O\n\nc X O\n'));
    expect(text).toMatchObject({ rowCount: 2, faultyRows: 1 });
    expect(problems).toEqual([
      { where: 'row 1', message: expect.stringContaining('has a line (2) of 2 columns where line 1 has 3') },
    ]);
  });

  it('are not looked for in a plain text', async () => {
    await expect(read(file('txt', 'Loomings.\nCall me Ishmael.\n'))).rejects.toThrow('line 1 has one column');
  });

  it('come from a file for each split in a folder', async () => {
    const folder = join(home, 'splits');
    mkdirSync(folder);
    writeFileSync(join(folder, 'train.txt'), 'a B-X\n');
    writeFileSync(join(folder, 'valid.txt'), 'b B-Y\n');
    const { splits, problems } = await describeFile(folder);
    expect(splits.map(({ exampleCount }) => exampleCount)).toEqual([1, 1]);
    expect(problems[0]?.message).toContain('has the tag B-Y in test rows only');
  });
});

describe('rows of words with tags', () => {
  const row = { tokens: ['EU', 'rejects', 'German'], ner_tags: ['B-ORG', 'O', 'B-MISC'] };

  it('are known by their columns', async () => {
    const path = file('jsonl', asLines([{ id: '0', ...row }]));
    expect(await read(path)).toEqual([{ ...sentences[0], row: 'row 1' }]);
    const inspected = await inspectDataset({ ...(await detectReader(path)), options: {} });
    expect(inspected).toMatchObject({ labelKind: 'tags', labels: ['B-MISC', 'B-ORG', 'O'], misfit: null });
    const named = file('jsonl', asLines([{ form: row.tokens, gold: row.ner_tags }]));
    expect(await read(named, { words: 'form', tags: 'gold' })).toHaveLength(1);
  });

  it('need names for tags that are numbers', async () => {
    const path = file('jsonl', asLines([{ ...row, ner_tags: [3, 0, 7] }]));
    await expect(describeFile(path)).rejects.toThrow('tag 1 is 3, a number: name the tags in their order');
    const names = 'O,B-PER,I-PER,B-ORG,I-ORG,B-LOC,I-LOC,B-MISC,I-MISC';
    expect((await read(path, { tag_names: names }))[0]?.tags).toEqual(row.ner_tags);
    await expect(describeFile(path, { tag_names: 'O,B-PER' })).rejects.toThrow('but tag_names has 2 names');
  });

  it.each([
    [['B-ORG', 'O'], 'ner_tags has 2 tags, but tokens has 3 words'],
    [['ORG', 'O', 'O'], 'tag 1 is "ORG", no tag of IOB2'],
    [['O', 'I-ORG', 'O'], 'tag 2 is "I-ORG", but no ORG goes before it'],
    [['B-PER', 'I-ORG', 'O'], 'tag 2 is "I-ORG", but no ORG goes before it'],
    [['O', null, 'O'], 'tag 2 is null, no tag of IOB2'],
    ['B-ORG O O', 'ner_tags is no list of tags'],
  ])('are faulty with the tags %j', async (tags, message) => {
    const rows = [row, { ...row, tokens: ['a', 'b', 'c'], ner_tags: tags }];
    const { problems } = await describeFile(file('jsonl', asLines(rows)));
    expect(problems).toContainEqual({ where: 'row 2', message: expect.stringContaining(message) });
  });

  it.each([
    ['IOB1', ['I-X', 'I-X', 'B-X', 'O', 'I-Y']],
    ['IOBES (BIOES)', ['B-X', 'E-X', 'S-X', 'O', 'S-Y']],
    ['BILOU', ['B-X', 'L-X', 'U-X', 'O', 'U-Y']],
  ])('are read as IOB2 from %s', async (scheme, tags) => {
    const path = file('jsonl', asLines([{ tokens: ['a', 'b', 'c', 'd', 'e'], tags }]));
    expect((await read(path))[0]?.tags).toEqual(['B-X', 'I-X', 'B-X', 'O', 'B-Y']);
    expect((await describeFile(path)).text?.notes).toEqual([`Its tags are ${scheme}; they are read as IOB2.`]);
  });
});
