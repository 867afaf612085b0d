import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { keyFileName } from '../../../../src-shared/key-file.ts';
import { languageFileName } from '../../../../src-shared/languages.ts';
import { crashFolder } from '../../../files/crash-dumps.ts';
import { logFolder } from '../../../logging/log.ts';
import { formerPlaceFile, identityFile } from '../home-identity.ts';

/**
 * Entries of a home, the database last: without it a copy is no home. The window's own files may be in the same folder,
 * and stay. The rest of `cache` is created again.
 */
export const homeEntries: readonly string[] = [
  'runs',
  'adapters',
  'datasets',
  'models',
  'reports',
  'records',
  'backups',
  'damaged',
  'cache/forgetting',
  crashFolder,
  logFolder,
  'updates.json',
  keyFileName,
  languageFileName,
  'writing',
  'studio.sqlite-wal',
  'studio.sqlite',
];

/** Entries that belong to the place rather than to its content. */
export const placeEntries: readonly string[] = [
  'cache/compute.json',
  'studio.sqlite-shm',
  identityFile,
  formerPlaceFile,
  'backend.lock',
  'backend.pid',
];

export interface Entry {
  /** Relative to the home. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  readonly bytes: number;
}

/**
 * All that is to be moved, folders before what is in them.
 * @throws StudioError invalid_file for what is neither file, folder nor link
 */
export async function listHome(home: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  const visit = async (path: string): Promise<void> => {
    const stats = await lstat(join(home, path)).catch(() => null);
    if (stats === null) return;
    const kind = kindOf(stats);
    if (kind === null)
      throw new StudioError(
        'invalid_file',
        `${join(home, path)} is neither a file nor a folder, and cannot be moved.`,
        'It is nothing of CoTo Studio: remove it, then move the home again.',
      );
    entries.push({ path, kind, bytes: kind === 'file' ? stats.size : 0 });
    if (kind === 'folder') for (const name of await readdir(join(home, path))) await visit(`${path}/${name}`);
  };
  for (const path of homeEntries) await visit(path);
  return entries;
}

export function totalBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

function kindOf(stats: Stats): Entry['kind'] | null {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : null;
}
