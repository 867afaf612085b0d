import { statfs } from 'node:fs/promises';

/** Bytes that this user may still write on the disk of a file or folder. */
export async function freeDiskBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
