import { resolve } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { testFileOf } from '../../engine/api/data.ts';
import { isInside } from '../../files/inside.ts';
import type { PathGrants } from '../../files/path-grants.ts';
import type { Store } from '../../store/open-store.ts';

/**
 * Paths that a client may name. The command may name any, with the rights of its user. The window has the rights of any
 * code in it, so it reads chosen or known paths, and writes where a save dialog allowed it.
 */
export interface PathAccess {
  mayRead(path: string): boolean;
  /** The absolute path. @throws StudioError refused, in the same words whether or not there is such a path */
  readable(path: string): string;
  /** The absolute path. @throws StudioError refused */
  writable(path: string): string;
}

export const anyPath: PathAccess = {
  mayRead: () => true,
  readable: (path) => resolve(path),
  writable: (path) => resolve(path),
};

interface KnownPlaces {
  /** Folders all of whose content may be read: the home, the bundled files, the cache of the hub. */
  readonly folders: readonly string[];
  readonly store: Store;
}

/** Access to what the person chose in this session, and to what the studio knows already. */
export function chosenPaths(grants: PathGrants, { folders, store }: KnownPlaces): PathAccess {
  const mayRead = (path: string): boolean =>
    [...folders, ...registeredPaths(store)].some((root) => isInside(root, path)) || grants.covers(path, 'read');
  return {
    mayRead,
    readable(path) {
      if (mayRead(path)) return resolve(path);
      throw new StudioError(
        'refused',
        `${path} was not chosen in this window, which reads only what was.`,
        'Choose the file or folder in a dialog, or drop it on the window.',
      );
    },
    writable(path) {
      if (grants.covers(path, 'write')) return resolve(path);
      throw new StudioError(
        'refused',
        `${path} was not chosen in this window, which writes only where it was told to.`,
        'Choose where to save it in a dialog.',
      );
    },
  };
}

/** The models and datasets of the studio, wherever they lie. */
export function registeredPaths(store: Store): string[] {
  const datasets = store.datasets.list().flatMap(({ source: { path, options } }) => {
    const testFile = testFileOf(options);
    return testFile === null ? [path] : [path, testFile];
  });
  return [...store.models.list().map(({ path }) => path), ...datasets];
}
