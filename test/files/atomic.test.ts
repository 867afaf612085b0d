import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  isUnfinished,
  removeFolder,
  writeFileAtomic,
  writeFileAtomicWith,
  writeFolderAtomic,
} from '../../src-main/files/atomic.ts';
import { withMortalFiles } from '../backend/home/mortal-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coto-atomic-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('writes a file, making its folder, and replaces it', async () => {
  const file = path.join(folder, 'deep', 'a.txt');
  await writeFileAtomic(file, 'one');
  await writeFileAtomic(file, 'two');
  expect(await readFile(file, 'utf8')).toBe('two');
  expect(await readdir(path.dirname(file))).toEqual(['a.txt']);
});

it('keeps the old file, and nothing else, when writing fails', async () => {
  const file = path.join(folder, 'a.txt');
  await writeFileAtomic(file, 'old');
  const failing = writeFileAtomicWith(file, async (handle) => {
    await handle.writeFile('half of the n');
    throw new Error('no space left');
  });
  await expect(failing).rejects.toThrow('no space left');
  expect(await readFile(file, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['a.txt']);
});

it('replaces a whole folder, with nothing left of the old one', async () => {
  const target = path.join(folder, 'adapter');
  await mkdir(target);
  await writeFile(path.join(target, 'stale'), '');
  await writeFolderAtomic(target, async (temporary) => {
    await mkdir(path.join(temporary, 'inner'));
    await writeFile(path.join(temporary, 'inner', 'fresh'), 'yes');
    expect(await readdir(target)).toEqual(['stale']);
  });
  expect(await readdir(target)).toEqual(['inner']);
  expect(await readdir(folder)).toEqual(['adapter']);
});

it('keeps the old folder when building fails', async () => {
  const target = path.join(folder, 'adapter');
  await writeFolderAtomic(target, (temporary) => writeFile(path.join(temporary, 'good'), ''));
  const failing = writeFolderAtomic(target, async (temporary) => {
    await writeFile(path.join(temporary, 'half'), '');
    throw new Error('cancelled');
  });
  await expect(failing).rejects.toThrow('cancelled');
  expect(await readdir(target)).toEqual(['good']);
  expect(await readdir(folder)).toEqual(['adapter']);
});

it.each([0, 1])(
  'a folder whose removal is killed at call %i is whole, or its rest is known as unfinished',
  async (killAt) => {
    const target = path.join(folder, 'adapter');
    await writeFolderAtomic(target, async (temporary) => {
      for (const name of ['config', 'tensors']) await writeFile(path.join(temporary, name), '');
    });
    expect(await withMortalFiles(killAt, () => removeFolder(target))).toBe(killAt + 1);
    const left = await readdir(folder);
    if (left.includes('adapter')) expect(await readdir(target)).toEqual(['config', 'tensors']);
    expect(left.filter((name) => name !== 'adapter' && !isUnfinished(name))).toEqual([]);
  },
);

it('removes a folder, and says nothing of one that is not there', async () => {
  const target = path.join(folder, 'adapter');
  await mkdir(target);
  for (const _ of ['there', 'gone']) await removeFolder(target);
  expect(await readdir(folder)).toEqual([]);
});
