import { statfs } from 'node:fs/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';

/** What the database and the rest of the machine should be left with. */
const reserveBytes = 64 * 1024 * 1024;

/** Throws StudioError('disk_full') where `bytes` do not fit beside what lies on the disk of `folder`. */
export async function requireDiskSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (bytes + reserveBytes <= freeBytes) return;
  throw new StudioError(
    'disk_full',
    `${folder} has ${gigabytes(freeBytes)} GB free, and ${gigabytes(bytes)} GB are needed.`,
    'Free some space there, or choose another home folder (COTO_STUDIO_HOME).',
  );
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
