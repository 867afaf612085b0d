import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';

const maxFiles = 10_000;

/** The YAML file, or those of a folder and below it, by their names. @throws StudioError not_found, or invalid_input for too many */
export async function taskFiles(place: string): Promise<string[]> {
  try {
    if (!(await stat(place)).isDirectory()) return [place];
    const names = await readdir(place, { recursive: true });
    if (names.length > maxFiles)
      throw new StudioError(
        'invalid_input',
        `${place} has more than ${maxFiles} files.`,
        'Name the folder of the tasks.',
      );
    return names
      .filter((name) => /\.ya?ml$/i.test(name))
      .sort()
      .map((name) => path.join(place, name));
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')
      throw new StudioError(
        'not_found',
        `${place} does not exist.`,
        'Name the YAML file of a task, or a folder with some.',
      );
    throw thrown;
  }
}
