import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Place } from './readers/recorded-run.ts';

const maxFiles = 100_000;
const deepest = 12;

/**
 * The file, or the files of the folder and of those below it. Links are not followed.
 * @throws StudioError not_found, or invalid_input if there is too much
 */
export async function placeAt(given: string): Promise<Place> {
  const path = resolve(given);
  const found = await stat(path).catch(() => null);
  if (found === null) throw new StudioError('not_found', `There is no file or folder ${path}.`);
  // A pipe or a device would be read without end.
  if (!found.isDirectory() && !found.isFile())
    throw new StudioError('invalid_file', `${path} is neither a file nor a folder.`);
  if (!found.isDirectory()) return { path, isFolder: false, files: [path] };
  const files: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    // A folder that may not be read has nothing to import.
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (files.length >= maxFiles)
        throw new StudioError('invalid_input', `${path} has more than ${maxFiles} files.`, 'Choose a smaller folder.');
      if (entry.isFile()) files.push(join(folder, entry.name));
      else if (entry.isDirectory() && depth < deepest) await visit(join(folder, entry.name), depth + 1);
    }
  };
  await visit(path, 0);
  return { path, isFolder: true, files: files.sort() };
}
