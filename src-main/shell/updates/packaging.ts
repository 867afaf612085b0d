import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installation type of this copy of the app, which determines its update method. */
export type Packaging = 'appimage' | 'deb' | 'nsis' | 'mac';

/** Null: it was unpacked by hand, or is not packed at all. */
export function packagingOf(resources: string, isPackaged: boolean, environment = process.env): Packaging | null {
  if (environment['APPIMAGE']) return 'appimage';
  if (!isPackaged) return null;
  if (process.platform === 'win32') return 'nsis';
  if (process.platform === 'darwin') return 'mac';
  const kind = join(resources, 'package-type');
  return existsSync(kind) && readFileSync(kind, 'utf8').trim() === 'deb' ? 'deb' : null;
}
