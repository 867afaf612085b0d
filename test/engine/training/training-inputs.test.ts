import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { baseChange, datasetChange, hashBase, hashDataset } from '../../../src-main/engine/training/training-inputs.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-inputs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const hash = async (path: string, options: ParameterValues = {}, rows: number | null = null) => ({
  ...(await hashDataset({ reader: 'csv', path, options })),
  rows,
});

function write(path: string, content: string): string {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
  return file;
}

it('hashes a folder by names and contents of the files below it, whatever the folder is called', async () => {
  const data = join(folder, 'data');
  write('data/train/cat/1.png', 'one');
  write('data/train/dog/2.png', 'two');
  const before = await hash(data);
  expect(before).toMatchObject({ bytes: 6, files: 2 });
  write('data/.DS_Store', 'hidden');
  expect(await hash(data)).toEqual(before);
  renameSync(data, join(folder, 'moved'));
  expect((await hash(join(folder, 'moved'))).sha256).toBe(before.sha256);
  // An image that is moved to another class.
  renameSync(join(folder, 'moved/train/dog/2.png'), join(folder, 'moved/train/cat/2.png'));
  expect(datasetChange(before, await hash(join(folder, 'moved')))).toBe('the same size, but other content');
});

it('reads a dataset once for all runs of a study, and again if a file has changed', async () => {
  const data = join(folder, 'data');
  const file = write('data/train.csv', 'a\n');
  write('data/test.csv', 'b\n');
  let read = 0;
  const hashed = () =>
    hashDataset({ reader: 'csv', path: data, options: {} }, (bytes) => {
      read += bytes;
    });
  const before = await hashed();
  expect(await hashed()).toEqual(before);
  // A file that has just changed may change again without a new time: it is read each time.
  expect(read).toBe(8);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
  try {
    expect([await hashed(), await hashed(), await hashed()]).toEqual([before, before, before]);
    expect(read).toBe(12);
    const { atime, mtime } = statSync(file);
    writeFileSync(file, 'c\n');
    utimesSync(file, atime, mtime);
    vi.setSystemTime(Date.now() + 10_000);
    expect((await hashed()).sha256).not.toBe(before.sha256);
    expect(read).toBe(16);
  } finally {
    vi.useRealTimers();
  }
});

it('follows links to folders, and ends where one leads back', async () => {
  const elsewhere = join(folder, 'elsewhere');
  write('elsewhere/1.png', 'one');
  mkdirSync(join(folder, 'data'));
  symlinkSync(elsewhere, join(folder, 'data', 'cat'));
  symlinkSync(join(folder, 'data'), join(elsewhere, 'back'));
  symlinkSync(join(folder, 'gone'), join(folder, 'data', 'nothing'));
  const before = await hash(join(folder, 'data'));
  expect(before.files).toBe(1);
  write('elsewhere/1.png', 'two');
  expect(datasetChange(before, await hash(join(folder, 'data')))).not.toBeNull();
});

it('includes the file of test examples, and how the files are read', async () => {
  const data = write('train.csv', 'a,b\n');
  const test_file = write('other.csv', 'c,d\n');
  const before = await hash(data, { test_file, separator: ',' });
  expect(before.files).toBe(2);
  expect(datasetChange(before, await hash(data, { separator: ',', test_file }))).toBeNull();
  expect(datasetChange(before, await hash(data, { test_file, separator: ';' }))).toBe('read with other options');
  write('other.csv', 'c,e\n');
  expect(datasetChange(before, await hash(data, { test_file, separator: ',' }))).toBe(
    'the same size, but other content',
  );
});

it('describes a change by rows, files or bytes', async () => {
  const data = write('data/train.csv', 'a\n');
  const before = await hash(join(folder, 'data'), {}, 1);
  write('data/train.csv', 'a\nb\n');
  expect(datasetChange(before, await hash(join(folder, 'data'), {}, 2))).toBe('rows 1 → 2');
  expect(datasetChange(before, await hash(join(folder, 'data')))).toBe('bytes 2 → 4');
  write('data/test.csv', 'a\n');
  expect(datasetChange(before, await hash(join(folder, 'data')))).toBe('files 1 → 2');
  rmSync(data);
});

it('identifies a file above 1 GiB by size, time, inode and samples, without reading all of it', async () => {
  const data = write('large.csv', 'a\n');
  truncateSync(data, 2 ** 30 + 1000);
  utimesSync(data, 1000, 1000);
  let read = 0;
  const large = () =>
    hashDataset({ reader: 'csv', path: data, options: {} }, (bytes) => {
      read += bytes;
    });
  const before = await large();
  expect(read).toBeCloseTo(2 ** 30 + 1000);
  expect(await large()).toEqual(before);
  const { mtime } = statSync(data);
  const handle = await open(data, 'r+');
  await handle.write('x', 0);
  await handle.close();
  utimesSync(data, mtime, mtime);
  expect((await large()).sha256).not.toBe(before.sha256);
  utimesSync(data, 2000, 2000);
  const touched = await large();
  utimesSync(data, 1000, 1000);
  expect((await large()).sha256).not.toBe(touched.sha256);
});

it('hashes what is read of a base: configs, tokenizer and templates, also of its modules', async () => {
  const base = join(folder, 'base');
  for (const name of ['config.json', 'tokenizer.json', 'vocab.txt', 'chat_template.jinja', '1_Pooling/config.json'])
    write(`base/${name}`, '{}');
  for (const name of ['README.md', 'LICENSE.txt', 'model.safetensors', 'onnx/deep/model.json'])
    write(`base/${name}`, '');
  const before = await hashBase(base, 'f');
  expect(Object.keys(before.files)).toEqual([
    '1_Pooling/config.json',
    'chat_template.jinja',
    'config.json',
    'tokenizer.json',
    'vocab.txt',
  ]);
  expect(baseChange(before, await hashBase(base, 'f'))).toBeNull();
  expect(baseChange(before, await hashBase(base, 'g'))).toBe('the weights');
  write('base/1_Pooling/config.json', '{"x":1}');
  expect(baseChange(before, await hashBase(base, 'f'))).toBe('1_Pooling/config.json');
  write('base/added.json', '{}');
  expect(baseChange(before, await hashBase(base, 'g'))).toBe('1_Pooling/config.json and 1 other file');
});
