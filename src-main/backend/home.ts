import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { lockFile } from '../store/home-lock.ts';

/** The studio's folder: the database, and beside it everything that is kept as files. */
export interface Home {
  readonly path: string;
  readonly database: string;
  /** Absolute path of something kept, e.g. absolute('adapters', id). */
  absolute(...parts: string[]): string;
  /** The path as the database keeps it: relative to the home, with forward slashes. */
  relative(absolutePath: string): string;
  /** Lets another backend have the home. */
  release(): void;
}

/**
 * Makes the home where it is missing and locks it.
 * Throws StudioError('refused') while another backend has it, 'invalid_input' where it cannot be made.
 */
export function openHome(path: string): Home {
  const home = resolve(path);
  try {
    for (const folder of ['runs', 'adapters', 'datasets', 'reports'])
      mkdirSync(join(home, folder), { recursive: true });
  } catch (error) {
    throw new StudioError(
      'invalid_input',
      `The home folder ${home} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      'Choose a folder that you may write to (COTO_STUDIO_HOME).',
    );
  }
  const owner = join(home, 'backend.pid');
  const unlock = lockFile(join(home, 'backend.lock'));
  if (unlock === null)
    throw new StudioError(
      'refused',
      `CoTo Studio is already running on the home folder ${home}${ownerText(owner)}.`,
      'Close the other window or command, or choose another home folder (COTO_STUDIO_HOME).',
    );
  writeFileSync(owner, `${process.pid}\n`);
  return {
    path: home,
    database: join(home, 'studio.sqlite'),
    absolute: (...parts) => join(home, ...parts),
    relative(absolutePath) {
      const inside = relative(home, absolutePath);
      if (inside === '' || inside.startsWith('..') || isAbsolute(inside))
        throw new StudioError('internal', `${absolutePath} does not lie below the home folder ${home}.`);
      return inside.split(sep).join('/');
    },
    release() {
      rmSync(owner, { force: true });
      unlock();
    },
  };
}

function ownerText(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
