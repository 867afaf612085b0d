import { cpSync, existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DescribedTokens } from '../../../../src-shared/domain/data/dataset.ts';
import { goldenPath } from '../../../engine/golden.ts';
import { littleBert } from '../../../engine/tasks/text-task.ts';
import {
  bundledResources,
  closeBackends,
  type OpenBackend,
  openBackend,
  scriptedEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
} from '../../support.ts';

let backend: OpenBackend;
let folder: string;
let reviews: string;

/** Every tenth row lacks its text. */
function reviewRows(count: number): string {
  const rows = Array.from({ length: count }, (_, index) => {
    const text = index % 10 === 9 ? '' : `film number ${index}, "seen" twice`;
    return `"${text.replaceAll('"', '""')}",${index % 3 === 0 ? 'good' : 'bad'},${index % 5},${index < count / 2 ? 'train' : 'held-out'}`;
  });
  return `review,verdict,stars,part\n${rows.join('\n')}\n`;
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function learnedOf(tokens: DescribedTokens['tokens']): string {
  return tokens
    .filter(({ counted }) => counted)
    .map(({ text }) => text)
    .join('');
}

beforeAll(async () => {
  folder = temporaryFolder();
  const resources = temporaryFolder();
  cpSync(join(bundledResources, 'models', 'small-llama'), join(resources, 'models', 'small-llama'), {
    recursive: true,
  });
  cpSync(goldenPath('vit-28', 'base'), join(resources, 'models', 'tiny'), { recursive: true });
  littleBert(join(resources, 'models', 'encoder'));
  backend = await openBackend({
    startEngine: scriptedEngine(async ({ nextSignal }) => {
      throw new StudioError('cancelled', `The task was told to ${await nextSignal()}.`);
    }),
    resourcesDirectory: resources,
  });
  reviews = file('reviews.csv', reviewRows(100));
});
afterAll(closeBackends);

describe('preview of a file', () => {
  it('is told from its head: columns, guesses, the first rows and their faults', async () => {
    const { name, source, text } = await backend.handle('datasets.inspect', { path: reviews });
    expect({ name, source }).toEqual({ name: 'reviews', source: { reader: 'csv', path: reviews, options: {} } });
    expect(text).toMatchObject({
      columnNames: ['review', 'verdict', 'stars', 'part'],
      columns: { text: 'review', label: 'stars', prompt: null },
      isGuessed: true,
      split: { by: 'share', column: null, testFile: null },
      misfit: null,
      labelKind: 'classes',
      labels: ['0', '1', '2', '3', '4'],
      rowsRead: 100,
      isWhole: true,
    });
    expect(text?.rows).toHaveLength(50);
    expect(text?.rows[0]).toMatchObject({ kind: 'example', example: { row: 'row 2', label: '0' } });
    expect(text?.problems[0]).toMatchObject({ where: 'row 11', message: expect.stringContaining('review is missing') });
  });

  it('follows the options, and tells which values a column that splits has', async () => {
    const options = {
      guess_columns: false,
      text: 'review',
      split_by: 'column',
      split_column: 'part',
      test_split: 'held-out',
    };
    const { text } = await backend.handle('datasets.inspect', { path: reviews, options });
    expect(text).toMatchObject({ columns: { text: 'review', label: null }, isGuessed: false });
    expect(text?.split).toMatchObject({ by: 'column', column: 'part', values: ['train', 'held-out'] });
  });

  it('tells what does not fit beside the columns that there are', async () => {
    const misfitOf = async (options: Record<string, string | boolean>) =>
      (await backend.handle('datasets.inspect', { path: reviews, options })).text;
    expect(await misfitOf({ text: 'body' })).toMatchObject({
      columnNames: ['review', 'verdict', 'stars', 'part'],
      misfit: { message: expect.stringContaining('no column "body"') },
      rows: [],
    });
    expect(await misfitOf({ split_by: 'column' })).toMatchObject({
      columns: { text: 'review' },
      misfit: { message: expect.stringContaining('split by a column') },
    });
    expect((await misfitOf({ split_by: 'file' }))?.misfit?.message).toMatch(/second file/);
    expect((await misfitOf({ test_file: join(folder, 'nowhere.csv') }))?.misfit?.message).toMatch(/nowhere\.csv/);
    expect((await misfitOf({ guess_columns: false }))?.misfit?.message).toMatch(/named to read from/);
  });

  it('reads no further than a thousand rows', async () => {
    const { text } = await backend.handle('datasets.inspect', { path: file('long.csv', reviewRows(5000)) });
    expect(text).toMatchObject({ rowsRead: 1000, isWhole: false });
  });

  it('is split as the whole is, also where it lies in several files', async () => {
    const parts = join(folder, 'parts');
    mkdirSync(parts);
    for (const part of [0, 1]) writeFileSync(join(parts, `train-0000${part}-of-00002.csv`), reviewRows(20));
    const { text } = await backend.handle('datasets.inspect', { path: parts });
    const { id } = await backend.handle('datasets.add', { path: parts });
    const tested = await backend.handle('datasets.texts', { id, split: 'test' });
    const shown = text?.rows.flatMap((row) => (row.kind === 'example' ? [row.example] : []));
    expect(shown?.filter(({ split }) => split === 'test').map(({ row }) => row)).toEqual(tested.map(({ row }) => row));
    expect(tested.some(({ row }) => row.startsWith('train-00001'))).toBe(true);
  });

  it('shows rows of both files where a second one is for testing', async () => {
    const options = { test_file: file('held-out.csv', reviewRows(8)) };
    const { text } = await backend.handle('datasets.inspect', { path: reviews, options });
    expect(text?.split).toMatchObject({ by: 'file', testFile: options.test_file });
    const splits = text?.rows.map((row) => (row.kind === 'example' ? row.example.split : row.kind));
    expect(new Set(splits)).toEqual(new Set(['train', 'test', 'fault']));
  });
});

describe('an added text dataset', () => {
  it('is read again under its own id', async () => {
    const added = await backend.handle('datasets.add', { path: reviews });
    const options = { guess_columns: false, text: 'review', label: 'verdict', test_fraction: 0.5 };
    const updated = await backend.handle('datasets.update', { id: added.id, options });
    expect(updated).toMatchObject({ id: added.id, name: added.name, description: { labels: ['bad', 'good'] } });
    expect(updated.source.options).toEqual(options);
    expect(await backend.handle('datasets.get', { id: added.id })).toEqual(updated);
    const whole = await backend.handle('datasets.texts', { id: added.id, split: 'test', limit: 1 });
    const cut = await backend.handle('datasets.texts', { id: added.id, split: 'test', limit: 1, characters: 4 });
    expect(cut[0]?.text).toBe(`${whole[0]?.text?.slice(0, 4)}…`);
  });

  it('is counted again where only its second file changed', async () => {
    const options = { test_file: file('second.csv', reviewRows(5)) };
    const path = file('first.csv', reviewRows(5));
    const count = async () => (await backend.handle('datasets.add', { path, options })).description.text?.rowCount;
    expect(await count()).toBe(10);
    file('second.csv', reviewRows(7));
    expect(await count()).toBe(12);
  });

  it('keeps its reading where the new options do not fit', async () => {
    const { id, source } = await backend.handle('datasets.add', { path: file('kept.csv', reviewRows(20)) });
    await expect(backend.handle('datasets.update', { id, options: { label: 'nothing' } })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expect((await backend.handle('datasets.get', { id })).source).toEqual(source);
  });
});

describe('a dataset that a run is trained on', () => {
  it('stays read as it is until the run has ended, and under its path', async () => {
    const classes = 'a|b|c|d|e|f|g|h|i|j';
    const { id, name } = await backend.handle('datasets.add', { path: tinyIdx(), options: { labels: classes } });
    const { source } = await backend.handle('datasets.get', { id });
    const { run, job } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: source.path } });
    expect(run.datasetId).toBe(id);
    expect((await backend.handle('datasets.get', { id })).source.options).toEqual({ labels: classes });
    const refused = { code: 'refused', message: expect.stringContaining(name) };
    await expect(backend.handle('datasets.update', { id, options: {} })).rejects.toMatchObject(refused);
    await expect(backend.handle('datasets.add', { path: source.path, options: {} })).rejects.toMatchObject(refused);
    await backend.handle('jobs.cancel', { id: job.id });
    await expect
      .poll(async () => (await backend.handle('runs.get', { id: run.id })).status)
      .not.toMatch(/queued|running/);
    expect((await backend.handle('datasets.update', { id, options: {} })).description.labels[0]).toBe('0');
  });
});

describe('preview by a model, before the file is a dataset', () => {
  const conversation = (answer: string) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: answer },
      ],
    });
  const inspect = (path: string, more: object = {}) =>
    backend.handle('datasets.inspectTokens', { path, model: 'small-llama', ...more });

  it('rows are written with the chat template, their tokens are counted, and those of the loss are marked', async () => {
    const path = file('talk.jsonl', `${conversation('Hello')}\n${conversation('Hello, hello and hello')}\n`);
    const before = (await backend.handle('datasets.list', {})).length;
    const { rows, example, maxPositions } = await inspect(path, { place: 1 });
    expect(rows.map(({ row, problem }) => [row, problem])).toEqual([
      ['row 1', null],
      ['row 2', null],
    ]);
    expect(rows[1]?.tokens).toBeGreaterThan(rows[0]?.tokens ?? Number.POSITIVE_INFINITY);
    expect(example).toMatchObject({ written: 'template', counts: 'completion', tokenCount: rows[1]?.tokens });
    expect(example?.countedCount).toBe(rows[1]?.counted);
    expect(learnedOf(example?.tokens ?? [])).toContain('Hello, hello and hello');
    expect(learnedOf(example?.tokens ?? [])).not.toContain('Hi');
    expect(maxPositions).toBeGreaterThan(0);
    // Nothing was added for it, and once it is added it is read the same.
    expect(await backend.handle('datasets.list', {})).toHaveLength(before);
    const { id } = await backend.handle('datasets.add', { path, options: { test_fraction: 0 } });
    const added = await backend.handle('datasets.tokens', { id, split: 'train', index: 1, model: 'small-llama' });
    expect(added).toEqual(example);
    expect(openFiles()).not.toContain(path);
  });

  it('follows the options, and says what fits neither them nor the model', async () => {
    const path = file('pairs.csv', 'question,reply\nOne?,Two\nThree?,Four\n');
    const options = { guess_columns: false, prompt: 'question', completion: 'reply' };
    const { example } = await inspect(path, { options });
    expect(learnedOf(example?.tokens ?? [])).toContain('Two');
    await expect(inspect(path, { options: { ...options, prompt: 'nobody' } })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('nobody'),
    });
    await expect(inspect(path, { model: 'tiny' })).rejects.toThrow(/reads images, not text/);
  });
});

/** Files that this process has open; none where the system does not tell. */
function openFiles(): string[] {
  if (!existsSync('/proc/self/fd')) return [];
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    const link = join('/proc/self/fd', descriptor);
    return existsSync(link) ? [readlinkSync(link)] : [];
  });
}

describe('preview of a dataset by a model', () => {
  it('a text and its tokens are told, all of which a language model learns', async () => {
    const path = file('plain.jsonl', JSON.stringify({ text: 'We, the people' }));
    const { id } = await backend.handle('datasets.add', { path, options: { test_fraction: 0 } });
    const read = await backend.handle('datasets.tokens', { id, split: 'train', index: 0, model: 'small-llama' });
    expect(read).toMatchObject({ text: 'We, the people<|endoftext|>', written: 'plain', counts: 'text' });
    expect(read.tokens.map(({ text }) => text).join('')).toBe(read.text);
    expect(read.countedCount).toBe(read.tokenCount);
    await expect(
      backend.handle('datasets.tokens', { id, split: 'train', index: 7, model: 'small-llama' }),
    ).rejects.toMatchObject({ code: 'not_found' });
    const { lengths } = await backend.handle('datasets.lengths', { id, model: 'small-llama' });
    expect(lengths).toEqual([read.tokenCount]);
  });

  it('counts the completion of a prompt, to the end of its turn', async () => {
    const path = file('pairs.jsonl', JSON.stringify({ prompt: 'One and one is', completion: 'two' }));
    const { id } = await backend.handle('datasets.add', { path, options: { test_fraction: 0 } });
    const { tokens, counts } = await backend.handle('datasets.tokens', {
      id,
      split: 'train',
      index: 0,
      model: 'small-llama',
    });
    expect(counts).toBe('completion');
    expect(learnedOf(tokens)).toBe('two<|im_end|>\n');
  });

  it('counts no token of a labeled text for an encoder, and the label for a language model', async () => {
    const row = { text: 'the film was good', text_pair: 'a book', label: 'fine' };
    const path = file('labelled.jsonl', JSON.stringify(row));
    const { id } = await backend.handle('datasets.add', { path, options: { test_fraction: 0 } });
    const place = { id, split: 'train' as const, index: 0 };
    const encoded = await backend.handle('datasets.tokens', { ...place, model: 'encoder' });
    expect(encoded).toMatchObject({ written: 'plain', counts: 'label', countedCount: 0 });
    expect(encoded.text).toBe('[CLS] the film was good [SEP] a book [SEP]');
    const written = await backend.handle('datasets.tokens', { ...place, model: 'small-llama' });
    expect(written.text).toContain('the film was good\na book');
    expect(learnedOf(written.tokens)).toBe('fine<|im_end|>\n');
  });

  it('counts every answer of a conversation, and no question', async () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One and one?' },
      { role: 'assistant', content: 'Two.' },
      { role: 'user', content: 'And one?' },
      { role: 'assistant', content: 'Three.' },
    ];
    const path = file('talks.jsonl', JSON.stringify({ messages }));
    const { id } = await backend.handle('datasets.add', { path, options: { test_fraction: 0 } });
    const read = await backend.handle('datasets.tokens', { id, split: 'train', index: 0, model: 'small-llama' });
    expect(read.written).toBe('template');
    expect(read.tokens.map(({ text }) => text).join('')).toBe(read.text);
    expect(learnedOf(read.tokens)).toBe('Two.<|im_end|>\nThree.<|im_end|>\n');
    await expect(
      backend.handle('datasets.tokens', { id, split: 'train', index: 0, model: 'tiny' }),
    ).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('reads images') });
  });
});

describe('content without a role', () => {
  const rows = (note: (at: number) => string | null) =>
    Array.from({ length: 1200 }, (_, at) => JSON.stringify({ text: `text ${at}`, label: 'x', note: note(at) })).join(
      '\n',
    );
  const note = 'This is more than a few words';

  it.each([
    ['in the first rows', (at: number) => (at % 2 ? note : null)],
    // Beyond what a preview reads.
    ['in later rows only', (at: number) => (at > 1100 ? note : null)],
  ])('is refused until it is left out on purpose: %s', async (place, noteOf) => {
    const path = file(`noted ${place}.jsonl`, rows(noteOf));
    const refusal = expect(backend.handle('datasets.add', { path })).rejects;
    await refusal.toMatchObject({ code: 'refused', hint: expect.stringContaining('unused_columns="note"') });
    expect((await backend.handle('datasets.list', {})).map(({ source }) => source.path)).not.toContain(path);
    const { description } = await backend.handle('datasets.add', { path, options: { unused_columns: 'note' } });
    expect(description.text?.accounting?.columns.find(({ name }) => name === 'note')).toMatchObject({
      use: 'unused',
      as: 'left out as requested',
    });
  });
});
