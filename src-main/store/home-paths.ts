import { isAbsolute, join, relative, sep } from 'node:path';

/** Paths as the database keeps them: below the home relative to it, with forward slashes, so that the home can be moved. */
export interface HomePaths {
  stored(path: string): string;
  absolute(stored: string): string;
}

/** `home`: the folder of the database; null for one in memory, which keeps paths as they are. */
export function homePaths(home: string | null): HomePaths {
  if (home === null) return { stored: (path) => path, absolute: (stored) => stored };
  return {
    stored(path) {
      if (!isAbsolute(path)) return path;
      const inside = relative(home, path);
      const isBelow = inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
      return isBelow ? inside.split(sep).join('/') : path;
    },
    absolute: (stored) => (isAbsolute(stored) ? stored : join(home, ...stored.split('/'))),
  };
}
