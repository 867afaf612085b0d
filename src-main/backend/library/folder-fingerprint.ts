import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Says in one string whether a file or folder is as before: names, sizes and times of change of everything down to
 * `depth` levels (deeper folders count by their own time of change). Cheap: nothing is read.
 */
export async function folderFingerprint(path: string, depth = 2): Promise<string> {
  const lines: string[] = [];
  await walk(path, '.', depth, lines);
  return lines.join('\n');
}

async function walk(path: string, name: string, depth: number, lines: string[]): Promise<void> {
  const found = await stat(path);
  lines.push(`${name} ${found.isDirectory() ? 'folder' : found.size} ${found.mtimeMs}`);
  if (!found.isDirectory() || depth === 0) return;
  const entries = (await readdir(path, { withFileTypes: true })).sort((left, right) =>
    left.name < right.name ? -1 : 1,
  );
  // A class folder with many thousand images counts by its own time of change, which new and removed files alter.
  if (entries.length > 1000) return;
  for (const entry of entries) await walk(join(path, entry.name), `${name}/${entry.name}`, depth - 1, lines);
}

/** Bytes of all files below `path`; 0 where there is none. */
export async function folderBytes(path: string): Promise<number> {
  let entries: Dirent[];
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch {
    return 0;
  }
  let bytes = 0;
  for (const entry of entries) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) bytes += await folderBytes(child);
    else if (entry.isFile()) bytes += await fileBytes(child);
  }
  return bytes;
}

/** Temporary files come and go while a folder is walked: one that is gone counts nothing. */
async function fileBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
