import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { unreadable } from '../byte-source.ts';

/** Files of a dataset, unsplit or by split; several are read in sequence. */
export interface TextFiles {
  readonly train: readonly string[];
  readonly test: readonly string[];
  readonly sizeBytes: number;
}

export function hasExtension(path: string, extensions: readonly string[]): boolean {
  const name = basename(path).toLowerCase();
  return extensions.some((extension) => name.endsWith(`.${extension}`) && name.length > extension.length + 1);
}

export type SplitFiles = Pick<TextFiles, 'train' | 'test'>;

/** Names of a format's files. */
export interface FileFormat {
  /** Without the first dot, in lower case. */
  readonly extensions: readonly string[];
  /** The files of a folder that follows rules of its own; null for one that does not. */
  folder?(path: string): Promise<SplitFiles | null>;
}

/** The files of a folder by split; null without one for training. */
export async function foldersFiles(path: string, format: FileFormat): Promise<SplitFiles | null> {
  return (await format.folder?.(path)) ?? filesOfFolder(path, format.extensions);
}

/** Names of what is tested on, the first that there is: many datasets of the hub have their labels in `validation` alone. */
const testSplits = ['test', 'validation', 'valid', 'val', 'dev'] as const;

/**
 * The files of a folder that are called train and test (or train-…, test-…), by split, there or in a folder `data`
 * below it; null without one for training. A split in several files must be complete.
 */
async function filesOfFolder(folder: string, extensions: readonly string[]): Promise<SplitFiles | null> {
  for (const place of [folder, join(folder, 'data')]) {
    const names = (await readdir(place).catch(() => [])).filter((name) => hasExtension(name, extensions)).sort();
    const train = filesOfSplit(place, 'train', names);
    if (train.length === 0) continue;
    const tests = testSplits.map((split) => filesOfSplit(place, split, names));
    return { train, test: tests.find((files) => files.length > 0) ?? [] };
  }
  return null;
}

/** Returns the files for training and testing by split name; null without a training split. */
export function splitsOf(files: ReadonlyMap<string, readonly string[]>): SplitFiles | null {
  const train = files.get('train') ?? [];
  if (train.length === 0) return null;
  return { train, test: testSplits.map((split) => files.get(split) ?? []).find((found) => found.length > 0) ?? [] };
}

function filesOfSplit(folder: string, split: string, names: readonly string[]): string[] {
  const found = names.filter((name) => new RegExp(`^${split}\\b`, 'i').test(name));
  const numbers = found.map((name) => /^\w+-(\d{4,6})-of-(\d{4,6})\b/.exec(name)?.slice(1).map(Number) ?? []);
  const [, count] = numbers[0] ?? [];
  const paths = found.map((name) => join(folder, name));
  if (count === undefined || numbers.some(([, other]) => other !== count)) {
    if (found.length <= 1) return paths;
    throw new StudioError(
      'invalid_input',
      `${folder} has several files for one split: ${found.slice(0, 20).join(', ')}.`,
      `Name them ${split}-00000-of-0000${Math.min(found.length, 9)}…, join them into one file, or give one of them by its path.`,
    );
  }
  refuseIncomplete(
    folder,
    split,
    numbers.map(([number = 0]) => number),
    count,
  );
  return paths;
}

/**
 * @param numbers of the files of a split, each counted from 0
 * @throws StudioError invalid_input where not each of `count` is there once
 */
export function refuseIncomplete(folder: string, split: string, numbers: readonly number[], count: number): void {
  const missing = Array.from({ length: Math.min(count, 100_000) }, (_, index) => index).find(
    (index) => numbers.filter((number) => number === index).length !== 1,
  );
  if (missing === undefined && numbers.length === count) return;
  throw new StudioError(
    'invalid_input',
    `${folder} has ${numbers.length} files of the ${count} of ${split}; number ${missing ?? count} is not there once.`,
    'Copy or download what is missing, or give one of the files by its path.',
  );
}

/**
 * `options`: test_file, and split_by, which may leave a file of tests out.
 * @throws StudioError if a file is missing, empty, or not a regular file.
 */
export async function findTextFiles(path: string, format: FileFormat, options: ParameterValues): Promise<TextFiles> {
  const found = await stat(path).catch((thrown: unknown) => {
    throw unreadable(path, thrown);
  });
  const inFolder = found.isDirectory() ? await foldersFiles(path, format) : null;
  if (found.isDirectory() && inFolder === null)
    throw new StudioError(
      'invalid_file',
      `${path} has no file train.${format.extensions[0]}.`,
      'Give a file, or a folder with a file for each split.',
    );
  const train = inFolder?.train ?? [path];
  const by = String(options['split_by'] ?? 'guessed');
  const stated = String(options['test_file'] ?? '');
  const tests = stated !== '' ? [stated] : (inFolder?.test ?? []);
  const test = by === 'share' || by === 'column' ? [] : tests;
  if (by === 'file' && test.length === 0)
    throw new StudioError(
      'invalid_input',
      `${path} is to be tested on a second file, but none is named.`,
      'Choose the file, e.g. test_file=PATH.',
    ).at('test_file');
  let sizeBytes = 0;
  for (const file of [...train, ...test]) {
    const status = await stat(file).catch((thrown: unknown) => {
      throw unreadable(file, thrown);
    });
    if (!status.isFile()) throw new StudioError('invalid_file', `${file} is not a file.`);
    if (status.size === 0) throw new StudioError('invalid_file', `${file} is empty.`, 'Give a file with rows.');
    sizeBytes += status.size;
  }
  return { train, test, sizeBytes };
}
