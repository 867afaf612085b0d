import { createHash } from 'node:crypto';
import { chmod, type FileHandle, mkdir, open, readlink, stat, symlink, utimes } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { syncFolder } from '../../../files/atomic.ts';
import { isInside } from '../../../files/inside.ts';
import type { Entry } from './home-entries.ts';

const chunkBytes = 2 ** 20;

/** SHA-256 of each file, by its path relative to the home. */
export type Hashes = ReadonlyMap<string, string>;

/** Copies what is in one folder to another, and syncs every file and folder. */
export async function copyEntries(
  from: string,
  to: string,
  entries: readonly Entry[],
  signal: AbortSignal,
  told: (bytes: number) => void,
): Promise<Hashes> {
  const hashes = new Map<string, string>();
  for (const { path, kind } of entries) {
    signal.throwIfAborted();
    const source = join(from, path);
    const target = join(to, path);
    if (kind === 'link') await symlink(await linkTarget(from, source), target);
    else if (kind === 'folder') await mkdir(target, { mode: (await stat(source)).mode & 0o777, recursive: true });
    else {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      hashes.set(path, await copyFile(source, target, signal, told));
    }
  }
  for (const { path, kind } of [...entries].reverse()) if (kind === 'folder') await syncFolder(join(to, path));
  await syncFolder(to);
  return hashes;
}

/**
 * Reads the copy again.
 * @throws StudioError invalid_file for the first file that is not what was read of the original
 */
export async function verifyCopy(
  folder: string,
  hashes: Hashes,
  signal: AbortSignal,
  told: (bytes: number) => void,
): Promise<void> {
  for (const [path, expected] of hashes) {
    const file = join(folder, path);
    const handle = await open(file, 'r');
    try {
      if ((await hashOf(handle, signal, told)) === expected) continue;
    } finally {
      await handle.close();
    }
    throw new StudioError(
      'invalid_file',
      `${file} does not hold what was written to it: the disk or the connection to it is faulty.`,
      'The home is where it was. Check the disk, or choose another folder.',
    );
  }
}

async function copyFile(
  source: string,
  target: string,
  signal: AbortSignal,
  told: (bytes: number) => void,
): Promise<string> {
  const from = await open(source, 'r');
  try {
    const { mode, atime, mtime } = await from.stat();
    const to = await open(target, 'wx', 0o600);
    let hash: string;
    try {
      hash = await hashOf(from, signal, told, (bytes) => to.writeFile(bytes));
      await to.sync();
    } finally {
      await to.close();
    }
    await chmod(target, mode & 0o777);
    // Times are copied too, because derived data is cached by file time.
    await utimes(target, atime, mtime);
    return hash;
  } finally {
    await from.close();
  }
}

async function hashOf(
  handle: FileHandle,
  signal: AbortSignal,
  told: (bytes: number) => void,
  each: (bytes: Uint8Array) => Promise<unknown> = async () => undefined,
): Promise<string> {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(chunkBytes);
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, null);
    if (bytesRead === 0) return hash.digest('hex');
    const bytes = chunk.subarray(0, bytesRead);
    hash.update(bytes);
    await each(bytes);
    told(bytesRead);
  }
}

/** A link out of the home leads where it led; one within it to the same file of the new one. */
async function linkTarget(home: string, link: string): Promise<string> {
  const target = await readlink(link);
  const led = resolve(dirname(link), target);
  if (isInside(home, led)) return isAbsolute(target) ? relative(dirname(link), led) : target;
  return led;
}
