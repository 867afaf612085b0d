import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * Returns true if `path` is `root` or below it, with links followed. A path that does not exist yet counts by its
 * folder.
 */
export function isInside(root: string, path: string): boolean {
  const between = relative(realPath(resolve(root)), realPath(resolve(path)));
  // On another Windows drive, the relative path is absolute.
  return between !== '..' && !between.startsWith(`..${sep}`) && !isAbsolute(between);
}

/** The path with every link followed, as far as it exists. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}
