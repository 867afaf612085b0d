import { createHash } from 'node:crypto';
import type * as FileSystem from 'node:fs';
import { join, relative } from 'node:path';
import { readArchiveHeader } from '../archive/header.ts';

/** Unpacked files that no program loads. */
const data = /\.(png|txt|md|csv|parquet|gz|safetensors|yaml|woff2)$/i;

/**
 * Compares what lies beside the archive with the SHA-256 that its header has of each file: Electron checks that header and
 * what is inside, and nothing of the rest. Answers the first file that is another one or was put there; null: all are as
 * they were packed.
 * @param archive path of app.asar
 * @param fs `original-fs` in Electron, whose own takes an archive for a folder
 */
export async function changedUnpackedFile(archive: string, fs: typeof FileSystem): Promise<string | null> {
  const folder = `${archive}.unpacked`;
  const packed = new Map([...readArchiveHeader(archive, fs)].filter(([, { isBeside }]) => isBeside));
  for (const entry of await fs.promises.readdir(folder, { withFileTypes: true, recursive: true })) {
    const name = relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/');
    if (!entry.isDirectory() && !packed.has(name)) return name;
  }
  for (const [name, { sha256, isLink }] of packed) {
    if (isLink || data.test(name)) continue;
    if ((await hashOf(join(folder, name), fs)) !== sha256) return name;
  }
  return null;
}

/** Empty: it cannot be read. */
async function hashOf(file: string, fs: typeof FileSystem): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of fs.createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  } catch {
    return '';
  }
  return hash.digest('hex');
}
