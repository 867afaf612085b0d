import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { freeDiskBytes } from './free-disk.ts';

/** Reserve for the database and the rest of the machine. */
const reserveBytes = 64 * 1024 * 1024;

/** Throws StudioError('disk_full') if `bytes` do not fit on the disk of `folder`. */
export async function requireDiskSpace(folder: string, bytes: number): Promise<void> {
  const freeBytes = await freeDiskBytes(nearestFolder(folder));
  if (bytes + reserveBytes <= freeBytes) return;
  throw new StudioError(
    'disk_full',
    `${folder} has ${gibibytes(freeBytes)} GiB free, and ${gibibytes(bytes)} GiB are needed.`,
    'Free some space there, or choose another home folder (COTO_STUDIO_HOME).',
  );
}

/** The folder itself, or the one above it that exists. */
export function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
