import { resolve } from 'node:path';
import { locateHome } from '../../../files/home-place.ts';
import { checkTarget, probeDisk } from './check-target.ts';
import { listHome, totalBytes } from './home-entries.ts';

/** Plans a move while the home is still open. @throws StudioError if the move is impossible */
export async function planMove(
  place: string,
  folder: string,
): Promise<{ readonly from: string; readonly to: string; readonly bytes: number; readonly freeBytes: number }> {
  const from = resolve(locateHome(place));
  const bytes = totalBytes(await listHome(from));
  const { target, freeBytes, disk } = await checkTarget({ home: from, folder, bytes });
  probeDisk(disk);
  return { from, to: target, bytes, freeBytes };
}
