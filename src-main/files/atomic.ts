import { randomBytes } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { StudioError } from '../../src-shared/contract/errors.ts';

/**
 * Writes `data` so that `filePath` either keeps its old content or has all of the new one: temporary name beside it,
 * sync, rename. The folder must exist or can be made.
 */
export async function writeFileAtomic(filePath: string, data: string | Uint8Array): Promise<void> {
  await writeFileAtomicWith(filePath, async (handle) => {
    await handle.writeFile(data);
  });
}

/** Counterpart of `writeFileAtomic` for content written piece by piece. */
export async function writeFileAtomicWith(
  filePath: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = temporaryName(filePath);
  try {
    await mkdir(path.dirname(filePath), { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, filePath);
  } catch (error) {
    await removeQuietly(temporary);
    throw writeError(error, filePath);
  }
  await syncFolder(path.dirname(filePath));
}

/**
 * Makes a whole folder at once: `build` fills a temporary folder beside `directory`; every file is synced; then the folder
 * takes its place. A folder already there is replaced. When `build` throws, nothing is left and the old folder stays.
 */
export async function writeFolderAtomic(
  directory: string,
  build: (temporaryDirectory: string) => Promise<void>,
): Promise<void> {
  const parent = path.dirname(path.resolve(directory));
  const temporary = temporaryName(path.resolve(directory));
  const replaced = temporaryName(path.resolve(directory));
  try {
    await mkdir(parent, { recursive: true });
    await mkdir(temporary);
    await build(temporary);
    await syncTree(temporary);
    const hadOld = await moveAway(directory, replaced);
    try {
      await rename(temporary, directory);
    } catch (error) {
      if (hadOld) await rename(replaced, directory);
      throw error;
    }
  } catch (error) {
    await removeQuietly(temporary);
    throw writeError(error, directory, temporary);
  }
  await syncFolder(parent);
  await rm(replaced, { recursive: true, force: true });
}

/**
 * Removes a folder: by one rename to the name of something unfinished it is gone, and what a killed process leaves of it is
 * swept later (`isUnfinished`).
 */
export function discardFolder(directory: string): void {
  const discarded = temporaryName(path.resolve(directory));
  try {
    renameSync(directory, discarded);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  rmSync(discarded, { recursive: true, force: true });
}

/** Counterpart of `discardFolder` for folders of any size: other work continues meanwhile. */
export async function removeFolder(directory: string): Promise<void> {
  const discarded = temporaryName(path.resolve(directory));
  if (await moveAway(directory, discarded)) await rm(discarded, { recursive: true, force: true });
}

/** Removes an unfinished file. If even that fails (no folder above it), the first error is reported. */
async function removeQuietly(temporary: string): Promise<void> {
  await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
}

/** The name that something unfinished will have. */
function finalName(target: string): string {
  const name = path.basename(target);
  return isUnfinished(name) ? path.join(path.dirname(target), name.slice(1, -'.0123456789ab.tmp'.length)) : target;
}

/** Converts an error into one that names `written` instead of `temporary`. */
function writeError(thrown: unknown, written: string, temporary?: string): unknown {
  const target = finalName(written);
  if (thrown instanceof StudioError) {
    const message = temporary === undefined ? thrown.message : thrown.message.replaceAll(temporary, target);
    return thrown.withMessage(message);
  }
  if (!(thrown instanceof Error) || !('code' in thrown)) return thrown;
  const details = thrown.stack ?? null;
  switch (thrown.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new StudioError(
        'disk_full',
        `${target} cannot be written: the disk is full.`,
        'Nothing of it was kept. Free some space there, then try again.',
        details,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StudioError(
        'invalid_input',
        `${target} cannot be written: this user may not write there.`,
        'Choose another folder, or change its permissions.',
        details,
      );
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
      return new StudioError(
        'invalid_input',
        `${target} cannot be written: ${thrown.code === 'EISDIR' ? 'a folder has that name' : 'a file is in the place of one of its folders'}.`,
        'Choose another path.',
        details,
      );
    default:
      return thrown;
  }
}

/** A hidden name beside `target` for what is being written; `isUnfinished` knows it. */
export function temporaryName(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
}

/** Returns true for files whose writing was interrupted by a kill; nothing refers to them. */
export function isUnfinished(name: string): boolean {
  return /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);
}

async function moveAway(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Makes all files of a folder durable. */
export async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const child = path.join(directory, entry.name);
    if (entry.isDirectory()) await syncTree(child);
    else if (entry.isFile()) await syncFile(child);
  }
  await syncFolder(directory);
}

async function syncFile(file: string): Promise<void> {
  // Windows syncs only handles that may write.
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes renames in `directory` durable. Windows cannot open folders, and needs no such call. */
export async function syncFolder(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
