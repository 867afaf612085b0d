import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';

const maxBytes = 4096;

/** A new token: 192 bits. */
export function newToken(): string {
  return `coto-${randomBytes(24).toString('base64url')}`;
}

/**
 * The token in a file, which is made, for its owner alone, where it is missing.
 * @throws StudioError invalid_file for what is no token; others may not be able to guess it
 */
export async function tokenOfFile(path: string): Promise<string> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      const token = newToken();
      await file.writeFile(`${token}\n`);
      await file.sync();
      return token;
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw unreadable(path, thrown);
  }
  const token = (await readStart(path)).trim();
  if (/^[\x21-\x7e]{16,1024}$/.test(token)) return token;
  throw new StudioError(
    'invalid_file',
    `${path} has no token: one line of 16 to 1024 letters, digits and signs.`,
    'Name a file that does not exist, and one is made.',
  );
}

async function readStart(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

function unreadable(path: string, thrown: unknown): StudioError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new StudioError('invalid_file', `The token's file ${path} cannot be used: ${reason}.`);
}
