import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameter.ts';
import { unreadable } from '../byte-source.ts';

/** The files of a data set: one that is still to be split, or one for each split. */
export interface TextFiles {
  readonly train: string;
  readonly test: string | null;
  readonly sizeBytes: number;
}

export function hasExtension(path: string, extensions: readonly string[]): boolean {
  return extensions.includes(extname(path).slice(1).toLowerCase());
}

/** The files of a folder that are called train and test (or train-…, test-…), by split; null without one for training. */
export async function filesOfFolder(
  folder: string,
  extensions: readonly string[],
): Promise<{ train: string; test: string | null } | null> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => hasExtension(name, extensions)).sort();
  const [train, test] = ['train', 'test'].map((split) =>
    names.filter((name) => new RegExp(`^${split}\\b`, 'i').test(name)),
  );
  if (train?.[0] === undefined) return null;
  if (train.length > 1 || (test?.length ?? 0) > 1)
    throw new StudioError(
      'invalid_input',
      `${folder} has several files for one split: ${[...train, ...(test ?? [])].join(', ')}.`,
      'Join them into one file, or give one of them by its path.',
    );
  return { train: join(folder, train[0]), test: test?.[0] === undefined ? null : join(folder, test[0]) };
}

/**
 * `options`: test_file, and split_by, which may leave a file of tests out.
 * @throws StudioError where a file is missing, is empty, or is no file.
 */
export async function findTextFiles(
  path: string,
  extensions: readonly string[],
  options: ParameterValues,
): Promise<TextFiles> {
  const found = await stat(path).catch((thrown: unknown) => {
    throw unreadable(path, thrown);
  });
  const inFolder = found.isDirectory() ? await filesOfFolder(path, extensions) : null;
  if (found.isDirectory() && inFolder === null)
    throw new StudioError(
      'invalid_file',
      `${path} has no file train.${extensions[0]}.`,
      'Give a file, or a folder with a file for each split.',
    );
  const train = inFolder?.train ?? path;
  const by = String(options['split_by'] ?? 'guessed');
  const test =
    by === 'share' || by === 'column' ? null : String(options['test_file'] ?? '') || (inFolder?.test ?? null);
  if (by === 'file' && test === null)
    throw new StudioError(
      'invalid_input',
      `${path} is to be tested on a second file, but none is named.`,
      'Choose the file, e.g. --set test_file=PATH.',
    );
  let sizeBytes = 0;
  for (const file of test === null ? [train] : [train, test]) {
    const status = await stat(file).catch((thrown: unknown) => {
      throw unreadable(file, thrown);
    });
    if (!status.isFile()) throw new StudioError('invalid_file', `${file} is not a file.`);
    if (status.size === 0) throw new StudioError('invalid_file', `${file} is empty.`, 'Give a file with rows.');
    sizeBytes += status.size;
  }
  return { train, test, sizeBytes };
}
