import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes `data` so that `filePath` either keeps its old content or has all of the new one: temporary name beside it,
 * sync, rename. The folder must exist or can be made.
 */
export async function writeFileAtomic(filePath: string, data: string | Uint8Array): Promise<void> {
  await writeFileAtomicWith(filePath, async (handle) => {
    await handle.writeFile(data);
  });
}

/** As `writeFileAtomic`, for content that is written piece by piece. */
export async function writeFileAtomicWith(
  filePath: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  await mkdir(path.dirname(filePath), { recursive: true });
  const temporary = temporaryName(filePath);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, filePath);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
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
  await mkdir(parent, { recursive: true });
  const temporary = temporaryName(path.resolve(directory));
  const replaced = temporaryName(path.resolve(directory));
  try {
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
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(parent);
  await rm(replaced, { recursive: true, force: true });
}

function temporaryName(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
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

async function syncTree(directory: string): Promise<void> {
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
async function syncFolder(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
