import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { readBounded } from '../../files/foreign-file.ts';
import type { TaskDocument } from './task-document.ts';
import type { TaskFile } from './task-file.ts';
import type { TaskPlace } from './task-place.ts';

/** Limit for one file. The largest published test sets have some 60 MB. */
const maxFileBytes = 256 * 2 ** 20;
const rowSchema = z.record(z.string(), z.unknown());

/** Rows by the name of their split, as `datasets.load_dataset('json', data_files=…)` names them. */
export type Splits = ReadonlyMap<string, readonly TaskDocument[]>;

/**
 * Reads a task's data files: JSON lines, or one list of objects; by paths that are relative to the task's
 * own file.
 * @throws StudioError invalid_file naming file and row
 */
export async function readSplits({ file, dataset_kwargs }: TaskFile, place: TaskPlace): Promise<Splits> {
  const { data_files: given } = dataset_kwargs;
  const named = typeof given === 'string' || Array.isArray(given) ? { train: given } : given;
  const splits = new Map<string, TaskDocument[]>();
  for (const [split, names] of Object.entries(named)) {
    const rows: TaskDocument[] = [];
    for (const name of [names].flat()) {
      if (/^[a-z]+:\/\//i.test(name))
        throw new StudioError(
          'invalid_file',
          `${file}: ${name} is not on this machine.`,
          'Download it, and name the file.',
        );
      for (const row of await readRows(place.beside(file, name))) rows.push(row);
    }
    splits.set(split, rows);
  }
  return splits;
}

async function readRows(file: string): Promise<TaskDocument[]> {
  const text = await readText(file);
  if (/^\s*\[/.test(text)) {
    const list = z.array(rowSchema).safeParse(parse(text, file));
    if (list.success) return list.data;
    throw new StudioError('invalid_file', `${file} is not a list of objects.`);
  }
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const where = `${file}, line ${index + 1}`;
    const row = rowSchema.safeParse(parse(line, where));
    if (!row.success) throw new StudioError('invalid_file', `${where} is not an object.`);
    return [row.data];
  });
}

async function readText(file: string): Promise<string> {
  try {
    return (await readBounded(file, maxFileBytes)).replace(/^\uFEFF/, '');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')
      throw new StudioError('invalid_file', `The data file ${file} does not exist.`, 'Correct data_files in the task.');
    throw thrown;
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StudioError('invalid_file', `${where} is not JSON.`, 'JSON lines, or one list of objects, is read.');
  }
}
