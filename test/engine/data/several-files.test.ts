import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
let folders = 0;

/** A folder of tables with a row each, whose text is the file's name. */
function folder(names: readonly string[]): string {
  const path = join(home, String(folders++));
  mkdirSync(path);
  for (const name of names)
    writeFileSync(
      join(path, name),
      name.includes('.csv') ? `text,label\nrow of ${name},x\n` : `{"text": "row of ${name}", "label": "x"}\n`,
    );
  return path;
}

async function read(path: string, options: ParameterValues = {}) {
  const source = await detectReader(path, options);
  const opened = await openDataset({ ...source, options: { test_fraction: 0, ...options } });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const texts = async (split: 'train' | 'test') => {
    const found: string[] = [];
    for await (const { text, row } of opened.examples(split)) found.push(`${row}: ${text?.replace('row of ', '')}`);
    return found;
  };
  return { reader: source.reader, train: await texts('train'), test: await texts('test') };
}

describe('a folder of several files', () => {
  test('whose names have their split as a word', async () => {
    expect(await read(folder(['imdb_train.csv', 'imdb_test.csv', 'readme.txt']))).toEqual({
      reader: 'csv',
      train: ['imdb_train.csv, row 2: imdb_train.csv'],
      test: ['imdb_test.csv, row 2: imdb_test.csv'],
    });
    const found = await read(folder(['en.train.jsonl', 'en.validation.jsonl']));
    expect(found.test).toEqual(['en.validation.jsonl, row 1: en.validation.jsonl']);
    expect((await read(folder(['training.jsonl', 'dev.jsonl']))).train).toEqual([
      'training.jsonl, row 1: training.jsonl',
    ]);
  });

  test('that are numbered parts', async () => {
    const found = await read(folder(['part-10.csv', 'part-9.csv']));
    expect(found.train).toEqual(['part-9.csv, row 2: part-9.csv', 'part-10.csv, row 2: part-10.csv']);
    const split = await read(folder(['train_1.jsonl', 'train_2.jsonl', 'test_1.jsonl']));
    expect([split.train.length, split.test.length]).toEqual([2, 1]);
  });

  test('of other names has no reader, unless a pattern chooses them', async () => {
    const path = folder(['may.csv', 'june.csv', 'notes.jsonl', 'may-dev.csv']);
    await expect(read(path)).rejects.toThrow('not in a supported format');
    expect(await read(path, { files: '*.csv' })).toEqual({
      reader: 'csv',
      train: ['june.csv, row 2: june.csv', 'may.csv, row 2: may.csv'],
      test: ['may-dev.csv, row 2: may-dev.csv'],
    });
    expect((await read(path, { files: '{may,notes}.csv' })).train).toEqual(['row 2: may.csv']);
    expect((await read(path, { files: 'notes*' })).reader).toBe('jsonl');
  });

  test.each(['*.xyz', '../*', '/etc/*'])('rejects the pattern %s', async (files) => {
    await expect(read(folder(['may.csv']), { files })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(`has no files like ${files}`),
    });
  });

  test('names a part that is missing', async () => {
    await expect(read(folder(['x-train-00000-of-00003.jsonl', 'x-train-00002-of-00003.jsonl']))).rejects.toThrow(
      'has 2 files of the 3 of train; number 1 is not there once',
    );
  });
});
