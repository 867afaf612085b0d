import { statSync } from 'node:fs';
import path from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { isInside } from '../../files/inside.ts';

/** Location of task files, and the files that they may name. */
export class TaskPlace {
  readonly path: string;
  private readonly folder: string | null;

  /** @param isConfined every file must be in the folder of the tasks; else a task may name any, as whoever typed its path may */
  constructor(place: string, isConfined: boolean) {
    const isFile = statSync(place, { throwIfNoEntry: false })?.isFile() === true;
    this.path = place;
    this.folder = isConfined ? (isFile ? path.dirname(place) : place) : null;
  }

  /** A file that another names. @throws StudioError refused for one elsewhere */
  beside(file: string, name: string): string {
    const named = path.resolve(path.dirname(file), name);
    if (this.folder === null || isInside(this.folder, named)) return named;
    throw new StudioError(
      'refused',
      `${file} names ${name}, which is not in the folder of the tasks.`,
      'Copy it there, or use the command: coto eval --tasks.',
    );
  }
}
