import { glob, readdir, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { unreadable } from '../byte-source.ts';

/** Files of a dataset, unsplit or by split; several are read in sequence. */
export interface TextFiles {
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** Files of further splits to test on, in order of preference; absent if the files are named by options. */
  readonly otherTests?: readonly (readonly string[])[];
  readonly sizeBytes: number;
}

export function hasExtension(path: string, extensions: readonly string[]): boolean {
  const name = basename(path).toLowerCase();
  return extensions.some((extension) => name.endsWith(`.${extension}`) && name.length > extension.length + 1);
}

export type SplitFiles = Pick<TextFiles, 'train' | 'test' | 'otherTests'>;

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
 * The files of a folder that are called train and test (or train-…, test-…, data_train, data.test …), by split, there or
 * in a folder `data` below it; files of one name that are numbered are parts of the training split. Null without a file
 * for training. A split in several files must be complete.
 */
async function filesOfFolder(folder: string, extensions: readonly string[]): Promise<SplitFiles | null> {
  for (const place of [folder, join(folder, 'data')]) {
    const all = await readdir(place).catch((): string[] => []);
    const names = all.filter((name) => hasExtension(name, extensions)).sort(compareNumbers);
    const begins = filesOfSplit(place, 'train', names);
    if (begins.length > 0) return withTests(begins, (split) => filesOfSplit(place, split, names));
    const has = filesOfSplit(place, 'train', names, wordIn);
    if (has.length > 0) return withTests(has, (split) => filesOfSplit(place, split, names, wordIn));
    const isSplit = testSplits.some((split) => names.some((name) => wordIn(split, name)));
    if (!isSplit && names.length > 1 && areParts(names))
      return { train: names.map((name) => join(place, name)), test: [] };
  }
  return null;
}

export const filesParameter: ParameterSpec = {
  name: 'files',
  label: 'Files',
  type: 'text',
  default: '',
  help: 'Which files of a folder are read, e.g. *.jsonl or {train,dev}-*.csv; those named test, validation or dev are for testing. Empty: by their names.',
  advanced: true,
};

const maxMatches = 10_000;

/**
 * Paths of the files of a folder that a pattern matches, with numbers in their order.
 * @throws StudioError invalid_input if there are none, or if the pattern leads out of the folder
 */
export async function matchingFiles(folder: string, pattern: string): Promise<string[]> {
  const names: string[] = [];
  const isInside = !isAbsolute(pattern) && !pattern.split(/[/\\]/).includes('..');
  if (isInside)
    for await (const name of glob(pattern, { cwd: folder })) {
      if ((await stat(join(folder, name))).isFile()) names.push(name);
      if (names.length > maxMatches) break;
    }
  if (names.length > 0 && names.length <= maxMatches)
    return names.sort(compareNumbers).map((name) => join(folder, name));
  throw new StudioError(
    'invalid_input',
    names.length > 0
      ? `${folder} has more than ${maxMatches} files like ${pattern}.`
      : `${folder} has no files like ${pattern}.`,
    'Write a pattern of names in the folder, e.g. files=*.jsonl.',
  ).at('files');
}

/** The files by the splits that their names say; all for training if none says one. */
function splitsByName(paths: readonly string[]): SplitFiles | null {
  const ofSplit = (split: string) =>
    paths.filter((path) => beginsWith(split, basename(path)) || wordIn(split, basename(path)));
  const tests = new Set(testSplits.flatMap(ofSplit));
  const train = paths.filter((path) => !tests.has(path));
  return train.length === 0 ? null : withTests(train, ofSplit);
}

const { compare: compareNumbers } = new Intl.Collator('en', { numeric: true });

/** Returns true for names that differ by their numbers alone: part-1.csv, part-2.csv. */
function areParts(names: readonly string[]): boolean {
  const [first = ''] = names;
  const isNumbered = /\d/.test(first) && !/-\d+-of-\d+/.test(first);
  return isNumbered && new Set(names.map((name) => name.replaceAll(/\d+/g, '0'))).size === 1;
}

/** Returns true for a name that begins with the name of a split. */
function beginsWith(split: string, name: string): boolean {
  return new RegExp(`^${split}\\b`, 'i').test(name);
}

/** Returns true for a name that has the name of a split as a word: imdb_train.csv, data.test.jsonl. */
function wordIn(split: string, name: string): boolean {
  return new RegExp(`(?:^|[._ -])${split}(?:ing)?(?:[._ -]|$)`, 'i').test(name);
}

/** Returns the files for training and testing by split name; null without a training split. */
export function splitsOf(files: ReadonlyMap<string, readonly string[]>): SplitFiles | null {
  const train = files.get('train') ?? [];
  return train.length === 0 ? null : withTests(train, (split) => files.get(split) ?? []);
}

/** The files for testing are those of the first test split; the others may have the labels that it lacks. */
function withTests(train: readonly string[], filesOf: (split: string) => readonly string[]): SplitFiles {
  const [test = [], ...otherTests] = testSplits.map(filesOf).filter((found) => found.length > 0);
  return { train, test, otherTests };
}

function filesOfSplit(
  folder: string,
  split: string,
  names: readonly string[],
  isOf: (split: string, name: string) => boolean = beginsWith,
): string[] {
  const found = names.filter((name) => isOf(split, name));
  const numbers = found.map((name) => /-(\d{4,6})-of-(\d{4,6})\b/.exec(name)?.slice(1).map(Number) ?? []);
  const [, count] = numbers[0] ?? [];
  const paths = found.map((name) => join(folder, name));
  if (count === undefined || numbers.some(([, other]) => other !== count)) {
    if (found.length <= 1 || areParts(found)) return paths;
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
  const pattern = String(options['files'] ?? '');
  const isChosen = found.isDirectory() && pattern !== '';
  const inFolder = isChosen
    ? splitsByName(await matchingFiles(path, pattern))
    : found.isDirectory()
      ? await foldersFiles(path, format)
      : null;
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
  const test = by === 'guessed' || by === 'file' ? tests : [];
  const otherTests = stated === '' && test.length > 0 ? (inFolder?.otherTests ?? []) : [];
  if (by === 'file' && test.length === 0)
    throw new StudioError(
      'invalid_input',
      `${path} is to be tested on a second file, but none is named.`,
      'Choose the file, e.g. test_file=PATH.',
    ).at('test_file');
  return { train, test, otherTests, sizeBytes: await totalSize([...train, ...test]) };
}

/** @throws StudioError if a file is missing, empty, or not a regular file */
export async function totalSize(files: readonly string[]): Promise<number> {
  let sizeBytes = 0;
  for (const file of files) {
    const status = await stat(file).catch((thrown: unknown) => {
      throw unreadable(file, thrown);
    });
    if (!status.isFile()) throw new StudioError('invalid_file', `${file} is not a file.`);
    if (status.size === 0) throw new StudioError('invalid_file', `${file} is empty.`, 'Choose a file with rows.');
    sizeBytes += status.size;
  }
  return sizeBytes;
}
