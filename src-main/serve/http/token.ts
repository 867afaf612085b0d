import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';

const maxBytes = 4096;

/** A new token: 192 bits. */
export function newToken(): string {
  return `coto-${randomBytes(24).toString('base64url')}`;
}

/**
 * The token in a file, which is made, for its owner alone, where it is missing.
 * @throws StudioError invalid_file for what is no token, and for a file that others may read; they shall not know it
 */
export async function tokenOfFile(path: string): Promise<string> {
  try {
    const file = (await openIfThere(path)) ?? (await made(path));
    try {
      return await tokenIn(file, path);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    throw thrown instanceof StudioError ? thrown : unreadable(path, thrown);
  }
}

async function tokenIn(file: FileHandle, path: string): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes);
  const token = buffer.toString('utf8', 0, bytesRead).trim();
  if (!/^[\x21-\x7e]{16,1024}$/.test(token))
    throw new StudioError(
      'invalid_file',
      `${path} has no token: one line of 16 to 1024 letters, digits and signs.`,
      'Name a file that does not exist, and one is made.',
    );
  const { mode } = await file.stat();
  // Windows has no such permissions.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new StudioError(
      'invalid_file',
      `${path} is open to others than its owner: they would know the token.`,
      `Run chmod 600 ${path}, or name a file that does not exist, and one is made.`,
    );
  return token;
}

/** Makes the file whole, however its process ends; where another process makes it meanwhile, that one's stays. */
async function made(path: string): Promise<FileHandle> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${newToken()}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, path).catch(async (thrown: unknown) => {
      // A disk without links has renames.
      if (!hasCode(thrown, 'EEXIST')) await rename(temporary, path);
    });
  } finally {
    await rm(temporary, { force: true });
  }
  return open(path, 'r');
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return null;
    throw thrown;
  }
}

function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

function unreadable(path: string, thrown: unknown): StudioError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new StudioError('invalid_file', `The token's file ${path} cannot be used: ${reason}.`);
}
