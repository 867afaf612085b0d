import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { z } from 'zod';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { homeFiles, homeFolders } from './home-layout.ts';

/**
 * Returns the path of something below a home. Every read, write, sweep and removal in a home goes through this check: a home
 * can come from elsewhere, and its links could lead to the person's own files.
 * @param home the real path of the home
 * @throws StudioError refused for a path that leads out of the home, by its name or through a link
 */
export function pathBelow(home: string, ...parts: string[]): string {
  const path = resolve(home, ...parts);
  if (!path.startsWith(`${home}${sep}`))
    throw new StudioError(
      'refused',
      `The home folder names ${path}, which is outside of it.`,
      'Another program has changed its database: open a backup of the home instead.',
    );
  const link = linkBelow(home, path);
  if (link !== null) throw new StudioError('refused', linkText(home, link), linkHint);
  return path;
}

/** Returns the first link on the way from the home to a path below it; null if there is none. */
export function linkBelow(home: string, path: string): string | null {
  let step = home;
  for (const name of relative(home, path).split(sep)) {
    step = join(step, name);
    const found = lstatSync(step, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) return step;
    if (!found?.isDirectory()) return null;
  }
  return null;
}

/** The entries of a folder. */
export interface Entries {
  /** All names but those of links. */
  readonly names: readonly string[];
  /** Names of folders. */
  readonly folders: readonly string[];
  /** Names of links, which the app does not follow. */
  readonly links: readonly string[];
}

/** Lists a folder; a folder that is missing or cannot be read has no entries. */
export function entriesIn(folder: string): Entries {
  const found = readFolder(folder);
  const namesOf = (entries: readonly Dirent[]): string[] => entries.map(({ name }) => name);
  return {
    names: namesOf(found.filter((entry) => !entry.isSymbolicLink())),
    folders: namesOf(found.filter((entry) => entry.isDirectory())),
    links: namesOf(found.filter((entry) => entry.isSymbolicLink())),
  };
}

/** @throws StudioError refused for the first link at any depth of a folder in a home, or as `pathBelow` */
export function requireUnlinked(home: string, ...parts: string[]): void {
  const visit = (folder: string): void => {
    const { folders, links } = entriesIn(folder);
    for (const name of links) throw new StudioError('refused', linkText(home, join(folder, name)), linkHint);
    for (const name of folders) visit(join(folder, name));
  };
  visit(pathBelow(home, ...parts));
}

/**
 * Checks the folders and files that the app itself keeps in a home, before anything is written there.
 * @throws StudioError refused where one is a link, invalid_file where one is of another kind
 */
export function requireOwnEntries(home: string): void {
  for (const name of homeFolders) {
    const found = lstatSync(join(home, name), { throwIfNoEntry: false });
    if (found === undefined) continue;
    if (found.isSymbolicLink()) throw new StudioError('refused', linkText(home, join(home, name)), linkHint);
    if (!found.isDirectory())
      throw new StudioError(
        'invalid_file',
        `${join(home, name)} is a file, where CoTo Studio keeps a folder.`,
        'Move the file away, or choose another home folder (COTO_STUDIO_HOME).',
      );
  }
  for (const name of homeFiles) {
    const found = lstatSync(join(home, name), { throwIfNoEntry: false });
    if (found?.isSymbolicLink())
      throw new StudioError(
        'refused',
        linkText(home, join(home, name)),
        'Put the file itself in its place, or remove the link.',
      );
    // A folder is named where the file would be opened.
    if (found !== undefined && !found.isFile() && !found.isDirectory())
      throw new StudioError(
        'invalid_file',
        `${join(home, name)} is not a regular file, where CoTo Studio keeps one.`,
        'Remove it, or choose another home folder (COTO_STUDIO_HOME).',
      );
  }
}

/** Reports a link in a home in one sentence. */
export function linkText(home: string, path: string): string {
  const name = relative(home, path).split(sep).join('/');
  return `${name} in the home folder ${home} is a link to ${readlinkSync(path)}, which CoTo Studio does not follow.`;
}

/** Tells the person how to resolve a link in a home. */
export const linkHint =
  'Put the folder itself in its place, or remove the link. To keep a home on another disk, make the whole home folder the link.';

/**
 * Reads a small text file in a home; null if it is missing, a link, no regular file, or larger than `limit` bytes. A FIFO
 * does not block the read.
 */
export function readOwnText(file: string, limit: number): string | null {
  let handle: number | null = null;
  try {
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
    const stats = fstatSync(handle);
    return stats.isFile() && stats.size <= limit ? readFileSync(handle, 'utf8') : null;
  } catch {
    return null;
  } finally {
    if (handle !== null) closeSync(handle);
  }
}

/** Maximum size of a JSON file that the app itself keeps. */
const largestJson = 2 ** 16;

/** Returns the content of a small JSON file; null if it is missing, a link, no regular file, or another kind of JSON. */
export function readJson<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> | null {
  const text = readOwnText(file, largestJson);
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function readFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
