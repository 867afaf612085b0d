import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Fingerprint of a file or folder from the names, sizes and modification times of everything down to `depth` levels
 * (deeper folders contribute their own modification time). Cheap: no content is read.
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
  // A class folder with thousands of images contributes its own modification time, which changes as files come and go.
  if (entries.length > 1000) return;
  for (const entry of entries) await walk(join(path, entry.name), `${name}/${entry.name}`, depth - 1, lines);
}

/** Bytes of all files below `path`; 0 if it does not exist. */
export async function folderBytes(path: string): Promise<number> {
  let bytes = 0;
  for await (const file of filesBelow(path)) bytes += await fileBytes(file);
  return bytes;
}

/** The files below a folder, at any depth; folders may vanish during the walk. */
export async function* filesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

/** Temporary files may vanish during the walk: missing ones count 0. */
async function fileBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
