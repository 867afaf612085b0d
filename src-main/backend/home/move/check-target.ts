import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { formatBytes } from '../../../../src-shared/format/bytes.ts';
import { temporaryName } from '../../../files/atomic.ts';
import { nearestFolder } from '../../../files/disk-space.ts';
import { freeDiskBytes } from '../../../files/free-disk.ts';
import { isInside, realPath } from '../../../files/inside.ts';
import { lockFile } from '../../../store/home-lock.ts';

/** For the database, which grows, and the rest of the machine. */
const reserveBytes = 64 * 2 ** 20;

export interface TargetOptions {
  /** The home as it is. */
  readonly home: string;
  readonly folder: string;
  /** Bytes to be moved. */
  readonly bytes: number;
}

/**
 * Checks if a home can be moved there, as far as possible without writing.
 * @returns the folder's absolute path, and the bytes free on its disk
 * @throws StudioError refused, invalid_input or disk_full, with what to do
 */
export async function checkTarget({ home, folder, bytes }: TargetOptions): Promise<{
  readonly target: string;
  readonly freeBytes: number;
  /** The nearest folder that is there. */
  readonly disk: string;
}> {
  // Also where a link leads there: the move is known by it when the home is opened again.
  const target = realPath(resolve(folder));
  const there = statSync(target, { throwIfNoEntry: false });
  if (there !== undefined && !there.isDirectory())
    throw new StudioError(
      'invalid_input',
      `${target} is a file.`,
      'Name a folder that is empty, or does not exist yet.',
    );
  if (isInside(home, target))
    throw new StudioError(
      'invalid_input',
      `${target} is ${resolve(home) === target ? 'the home folder itself' : `inside the home folder ${home}`}.`,
      'Choose a folder outside of it.',
    );
  const inside = `Choose an empty folder, or a new one in it, such as ${join(target, 'CoTo Studio')}.`;
  const parent = dirname(target);
  if (there !== undefined) {
    if (namesIn(target).length > 0)
      throw new StudioError('invalid_input', `The folder ${target} is not empty.`, inside);
    if (statSync(parent).dev !== there.dev)
      throw new StudioError(
        'invalid_input',
        `${target} is a whole disk.`,
        `Choose a folder on it, such as ${join(target, 'CoTo Studio')}.`,
      );
  }
  const disk = nearestFolder(parent);
  const freeBytes = await freeDiskBytes(disk);
  if (bytes + reserveBytes > freeBytes)
    throw new StudioError(
      'disk_full',
      `The home takes ${formatBytes(bytes)}, and ${formatBytes(freeBytes)} are free at ${disk}.`,
      'Free some space there, delete runs that you no longer need, or choose another disk.',
    );
  return { target, freeBytes, disk };
}

/** Also a folder that may not be listed holds something that is not ours. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new StudioError(
      'invalid_input',
      `${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      'Choose another folder.',
    );
  }
}

/** Makes and removes a folder there. @throws StudioError invalid_input or disk_full */
export function probeDisk(disk: string): void {
  const probe = temporaryName(join(disk, 'coto-probe'));
  makeHomeFolder(probe);
  try {
    requireLocks(probe);
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

/** @throws StudioError invalid_input or disk_full */
export function makeHomeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const isFull = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
    throw new StudioError(
      isFull ? 'disk_full' : 'invalid_input',
      isFull
        ? `The disk of ${dirname(folder)} is full.`
        : `This user may not write to ${dirname(folder)}, or its disk is read-only.`,
      'Choose another folder, or change its permissions.',
    );
  }
}

/** @throws StudioError invalid_input where a lock that is held in this folder of its own would be given once more */
export function requireLocks(folder: string, locks: (folder: string) => boolean = keepsLocks): void {
  if (locks(folder)) return;
  throw new StudioError(
    'invalid_input',
    `Files in ${dirname(folder)} cannot be locked, as on some network shares: two programs could write to the database at once.`,
    'Choose a folder on a disk of this machine.',
  );
}

/** By the lock that the home itself takes. */
function keepsLocks(folder: string): boolean {
  const file = join(folder, 'backend.lock');
  try {
    const held = lockFile(file);
    if (held === null) return false;
    const again = lockFile(file);
    again?.();
    held();
    return again === null;
  } catch {
    return false;
  }
}
