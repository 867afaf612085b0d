import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { goldenPath } from '../golden.ts';
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
  const examples: TextExample[] = [];
  for await (const example of opened.examples('train')) examples.push(example);
  return { description, examples, rows: examples.map(({ text, label }) => [text, label]) };
}

describe('the header of a table', () => {
  const expected = [
    ['It is good', 'x'],
    ['It is bad', 'y'],
    ['It is fine', 'x'],
  ];
  const rows = 'It is good,x\nIt is bad,y\nIt is fine,x\n';

  test.each([
    ['comments', '# exported 1 May, by Ann\n# 3 rows\n', 'csv'],
    ['a comment with as many cells', '# exported 1 May, by Ann\n', 'csv'],
    ['a title', 'Survey of 2024\n\n', 'csv'],
    ['a title that Excel fills up with separators', 'Survey of 2024,\n', 'csv'],
    ['lines of names and values', 'Title: Survey\nYear: 2024, second half, draft\n', 'csv'],
  ])('is found below %s', async (_, above, extension) => {
    const { rows: found, description, examples } = await read(file(extension, `${above}text,label\n${rows}`));
    expect(found).toEqual(expected);
    expect(description.text?.notes?.[0]).toMatch(/^Rows? 1.*above the header.*left out/);
    expect(examples[0]?.row).toBe(`row ${above.split('\n').filter(Boolean).length + 2}`);
  });

  test.each([
    ['semicolons', ';'],
    ['tabs', '\t'],
    ['bars', '|'],
  ])('is found below a title in a table with %s', async (_, separator) => {
    const table = `Survey of 2024\ntext,label\n${rows}`.replaceAll(',', separator);
    expect((await read(file('csv', table))).rows).toEqual(expected);
  });

  test('is found below a title in a TSV', async () => {
    const table = `# a comment\ntext,label\n${rows}`.replaceAll(',', '\t');
    expect((await read(file('tsv', table))).rows).toEqual(expected);
  });

  test('is asked for below a first row of one cell that may be a title', async () => {
    const path = file('csv', `Survey of 2024\nremark,verdict\n${rows}`);
    await expect(read(path)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('row 1 has 1 cell ("Survey of 2024"), but most rows have 2'),
      hint: expect.stringContaining('header_row=2'),
    });
    const found = await read(path, { header_row: 2, text: 'remark', label: 'verdict' });
    expect(found.rows).toEqual(expected);
    expect(found.description.text?.notes).toEqual([expect.stringContaining('Row 1 above the header')]);
  });

  test('is the first row if its name begins with a number sign', async () => {
    expect((await read(file('csv', `#,text,label\n1,It is good,x\n2,It is bad,y\n`))).rows).toEqual(
      expected.slice(0, 2),
    );
    const found = await read(file('tsv', `#remark\tverdict\nIt is good\tx\nIt is bad\ty\n`), {
      text: '#remark',
      label: 'verdict',
    });
    expect(found.rows).toEqual(expected.slice(0, 2));
  });

  test('is the first row of a table with one column', async () => {
    const { examples } = await read(file('csv', 'remark\nHello there\ntitle\nGood bye\n'), { text: 'remark' });
    expect(examples.map(({ text }) => text)).toEqual(['Hello there', 'title', 'Good bye']);
  });

  test.each([
    ['row 3', 'Empty'],
    ['row 4 below a title', 'Titled'],
    ['row 4 below a title, with names of its own', 'Own'],
    ['row 2 and the third column', 'Shifted'],
  ])('is found in an Excel table that starts at %s', async (_, sheet) => {
    const own: ParameterValues = sheet === 'Own' ? { text: 'remark', label: 'verdict' } : {};
    const { rows: found } = await read(goldenPath('foreign-data', 'messy.xlsx'), { sheet, ...own });
    expect(found).toEqual(expected);
  });
});

test('reads an object of rows by their ids', async () => {
  const rows = { a1: { text: 'It is good', label: 'x' }, b2: { text: 'It is bad', label: 'y' } };
  const found = await read(file('json', JSON.stringify(rows, null, 2)));
  expect(found.examples).toMatchObject([
    { id: 'a1', text: 'It is good', label: 'x' },
    { id: 'b2', text: 'It is bad', label: 'y' },
  ]);
  const columns = { text: { a1: 'It is good', b2: 'It is bad' }, label: { a1: 'x', b2: 'y' } };
  expect((await read(file('json', JSON.stringify(columns)))).examples).toMatchObject([
    { id: 'a1', text: 'It is good', label: 'x' },
    { id: 'b2', text: 'It is bad', label: 'y' },
  ]);
});

describe('labels', () => {
  test('keep integers beyond 2^53 to the digit', async () => {
    const [one, two] = ['9007199254740993', '9007199254740992'];
    const lines = `{"text": "a b", "label": ${one}}\n{"text": "c d", "label": ${two}}\n`;
    expect((await read(file('jsonl', lines))).description.labels.toSorted()).toEqual([two, one]);
    expect((await read(file('json', `[${lines.trim().replace('\n', ',')}]`))).rows).toEqual([
      ['a b', one],
      ['c d', two],
    ]);
    expect((await read(file('csv', `text,label\na b,${one}\nc d,${two}\n`))).rows).toEqual([
      ['a b', one],
      ['c d', two],
    ]);
  });

  test('keep fractions as they are written', async () => {
    const found = await read(file('csv', 'text,label\na b,0.50\nc d,1.10\n'));
    expect(found.rows.map(([, label]) => label)).toEqual(['0.50', '1.10']);
  });

  const compound = 'text,label\nGo away,"toxic,insult"\nHello,toxic\nYou,insult\n';

  test('of one cell are several or one, as chosen', async () => {
    const path = file('csv', compound);
    await expect(read(path)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('label has the label "toxic,insult", whose parts are labels of other rows'),
      hint: expect.stringMatching(/label_separator=comma .* label_separator=none/),
    });
    const inspected = await inspectDataset({ ...(await detectReader(path)), options: {} });
    expect(inspected?.misfit?.hint).toContain('label_separator=comma');
    const several = await read(path, { label_separator: 'comma' });
    expect(several.rows).toEqual([
      ['Go away', ['toxic', 'insult']],
      ['Hello', ['toxic']],
      ['You', ['insult']],
    ]);
    expect(several.description).toMatchObject({ labels: ['insult', 'toxic'], text: { labelKind: 'sets' } });
    const one = await read(path, { label_separator: 'none' });
    expect(one.description.labels).toEqual(['insult', 'toxic', 'toxic,insult']);
  });

  test.each([
    ['a city and its country', 'text,label\nIt is good,"Paris, France"\nIt is bad,"Lyon, France"\nIt is fine,Rome\n'],
    ['a decimal comma', 'text;label\nIt is good;4,5\nIt is bad;4\nIt is fine;5\n'],
  ])('are not asked about for %s', async (_, content) => {
    expect((await read(file('csv', content))).examples).toHaveLength(3);
  });

  test.each([
    ['Python', `"['toxic', 'insult']"`, `"['toxic']"`, '[]'],
    ['NumPy', `"['toxic' 'insult']"`, `['toxic']`, '[]'],
    ['JSON', `"[""toxic"", ""insult""]"`, `"[""toxic""]"`, '[]'],
  ])('in a list of %s in a cell are several labels', async (_, both, one, none) => {
    const found = await read(file('csv', `text,label\nGo away,${both}\nYou there,${one}\nHello,${none}\n`));
    expect(found.rows).toEqual([
      ['Go away', ['toxic', 'insult']],
      ['You there', ['toxic']],
      ['Hello', []],
    ]);
  });

  test.each(['#N/A', 'NA', 'nan', '#VALUE!'])('that are %s are missing or a class, as chosen', async (value) => {
    const path = file('csv', `text,label\nIt is good,x\nIt is bad,${value}\nIt is fine,x\nSo good,x\nSo fine,x\n`);
    await expect(read(path)).rejects.toMatchObject({
      message: `label has the label "${value}", which may stand for a missing one.`,
      hint: expect.stringMatching(/missing_labels=missing .* missing_labels=class/),
    });
    const inspected = await inspectDataset({ ...(await detectReader(path)), options: {} });
    expect(inspected?.misfit?.message).toContain(value);
    const { description } = await read(path, { missing_labels: 'missing' });
    expect([description.labels, description.text?.faultyRows]).toEqual([['x'], 1]);
    expect((await read(path, { missing_labels: 'class' })).description.labels).toEqual([value, 'x'].sort());
  });

  test('of a dataset of an older version are read as they were', async () => {
    const rows = Array.from({ length: 120 }, (_, at) => `text of row ${at},${at === 110 ? 'NA' : at % 2 ? 'x' : 'y'}`);
    const path = file('csv', `text,label\n${rows.join('\n')}\n`);
    const opened = await openDataset({ ...(await detectReader(path)), options: { test_fraction: 0 } });
    if (opened.kind !== 'texts') throw new Error('these are images');
    const labels = new Set<unknown>();
    for await (const { label } of opened.examples('train')) labels.add(label);
    expect([...labels]).toEqual(['y', 'x', 'NA']);
    await expect(opened.describe()).rejects.toThrow('label has the label "NA"');
    const { problems } = await opened.describe({ keepsFaults: true });
    expect(problems[0]).toMatchObject({ where: 'column label', message: expect.stringContaining('missing_labels=') });
  });

  test('that are words of a class are not taken for missing', async () => {
    expect((await read(file('csv', 'text,label\nIt is good,None\nIt is bad,nah\n'))).description.labels).toEqual([
      'None',
      'nah',
    ]);
  });

  test('that differ by their spelling alone are merged by a step', async () => {
    const rows = ['Billing', 'billing', 'SHIPPING', 'shipping', 'shipping', 'billing '].map(
      (label, at) => `text of row ${at},"${label}"`,
    );
    const path = file('csv', `text,label\n${rows.join('\n')}\n`);
    const merged = await read(path, { steps: 'merge-labels' });
    expect(merged.description.labels).toEqual(['billing', 'shipping']);
    expect(merged.description.text?.repairs?.[0]).toEqual({
      where: 'row 2',
      message: 'label: "Billing" is read as "billing"',
    });
  });
});

test('reads words and tags in the cells of a CSV', async () => {
  const content = `tokens,ner_tags\n"['EU', 'rejects']","['B-ORG', 'O']"\n"['Peter' 'left']","['B-PER' 'O']"\n`;
  expect((await read(file('csv', content))).examples).toMatchObject([
    { words: ['EU', 'rejects'], tags: ['B-ORG', 'O'] },
    { words: ['Peter', 'left'], tags: ['B-PER', 'O'] },
  ]);
});

test('rejects a text that is an error of a spreadsheet', async () => {
  await expect(read(file('csv', 'text,label\nIt is good,x\n#N/A,y\nIt is fine,x\n'))).rejects.toThrow(
    'text is #N/A, an error of a spreadsheet',
  );
});

describe('a test split without labels', () => {
  const folder = (test: string) => {
    const path = join(home, `splits-${files++}`);
    mkdirSync(path);
    const table = (rows: string) => `sentence,label\n${rows}`;
    writeFileSync(join(path, 'train.csv'), table('It is good,1\nIt is bad,0\n'));
    writeFileSync(join(path, 'validation.csv'), table('So good,1\nSo bad,0\n'));
    writeFileSync(join(path, 'test.csv'), table(test));
    return path;
  };

  test.each([
    ['-1', 'How is it,-1\nSo be it,-1\n'],
    ['nothing', 'How is it,\nSo be it,\n'],
  ])('gives way to validation if its labels are %s', async (_, rows) => {
    const found = await read(folder(rows));
    expect(found.description.splits).toMatchObject([{ exampleCount: 2 }, { exampleCount: 2, perLabel: [1, 1] }]);
    expect(found.description.labels).toEqual(['0', '1']);
    expect(found.description.text?.notes).toEqual([
      'test.csv has no labels in label (empty or -1), so validation.csv is the test split.',
    ]);
  });

  test('is a question if there is no other one', async () => {
    const path = join(home, `splits-${files++}`);
    mkdirSync(path);
    writeFileSync(join(path, 'train.csv'), 'sentence,label\nIt is good,1\nIt is bad,0\n');
    writeFileSync(join(path, 'test.csv'), 'sentence,label\nHow is it,-1\n');
    await expect(read(path)).rejects.toMatchObject({
      message: expect.stringContaining('test.csv has no labels'),
      hint: expect.stringContaining('split_by=share'),
    });
    expect((await read(path, { split_by: 'share' })).description.labels).toEqual(['0', '1']);
  });

  test('is used if its labels are -1 as those of training are', async () => {
    const path = join(home, `splits-${files++}`);
    mkdirSync(path);
    writeFileSync(join(path, 'train.csv'), 'sentence,label\nIt is good,1\nIt is bad,-1\n');
    writeFileSync(join(path, 'test.csv'), 'sentence,label\nHow bad it is,-1\n');
    writeFileSync(join(path, 'dev.csv'), 'sentence,label\nHow good it is,1\n');
    const { description } = await read(path);
    expect(description.splits[1]).toMatchObject({ perLabel: [1, 0] });
  });
});

describe('CoNLL files', () => {
  test('with numbers of words have their words in the second column', async () => {
    const germeval = [
      '#\thttp://de.wikipedia.org/wiki/Manfred_Korfmann\t[2009-10-17]',
      '1\tAufgrund\tO\tO',
      '2\tTübinger\tB-LOCderiv\tO',
      '3\tUniversität\tB-ORG\tB-LOC',
      '',
      '#\thttp://de.wikipedia.org\t[2009-10-17]',
      '1\tKorfmann\tB-PER\tO',
      '2\tgrub\tO\tO',
      '',
    ].join('\n');
    const path = file('conll', germeval);
    const { examples, description } = await read(path);
    expect(examples).toMatchObject([
      { words: ['Aufgrund', 'Tübinger', 'Universität'], tags: ['O', 'B-LOCderiv', 'B-ORG'] },
      { words: ['Korfmann', 'grub'], tags: ['B-PER', 'O'] },
    ]);
    expect(description.text?.notes).toEqual([expect.stringContaining('fourth column has tags of entities within')]);
    expect((await read(path, { tag_column: 4 })).examples[0]?.tags).toEqual(['O', 'O', 'B-LOC']);
    const three = await read(file('conll', '1\tRome\tB-LOC\n2\tburns\tO\n\n1\tNero\tB-PER\n2\tplays\tO\n'));
    expect(three.examples[1]).toMatchObject({ words: ['Nero', 'plays'], tags: ['B-PER', 'O'] });
  });
});
