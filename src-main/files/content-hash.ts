import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileHash } from './file-hash.ts';
import { folderBytes } from './folder-fingerprint.ts';

/** Bytes that are read at most. */
const maxBytes = 2 ** 30;

/**
 * SHA-256 of a file, or of a folder: of the lines that `sha256sum` writes of its files, sorted by path. Null where there is
 * nothing, or more than can be read in a few seconds.
 */
export async function contentHash(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found === null || (found.isDirectory() ? await folderBytes(path) : found.size) > maxBytes) return null;
  if (!found.isDirectory()) return fileHash(path);
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const name = file.slice(path.length + 1).replaceAll('\\', '/');
    hash.update(`${await fileHash(file)}  ./${name}\n`);
  }
  return hash.digest('hex');
}
