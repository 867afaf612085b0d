import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isInside } from './inside.ts';

/** The person's own cache folder, outside of every home: set-ups, downloads and compiled code. */
export function cacheFolder(): string {
  const { env, platform } = process;
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], 'coto-studio');
  if (platform === 'win32' && env['LOCALAPPDATA']) return join(env['LOCALAPPDATA'], 'coto-studio', 'cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'coto-studio');
  return join(homedir(), '.cache', 'coto-studio');
}

/**
 * Creates the folder of compiled code in the cache folder. V8 runs compiled code without a check, so no other user may be able
 * to write the folder, and no home may contain it: a home from elsewhere would bring code along.
 * @returns its real path, or null if there is no such folder: nothing is then kept compiled
 */
export function compiledCodeFolder(homes: readonly string[]): string | null {
  const named = join(cacheFolder(), 'compiled');
  try {
    mkdirSync(named, { recursive: true, mode: 0o700 });
    const folder = realpathSync(named);
    return isWrittenByUserOnly(folder) && !homes.some((home) => isInside(home, folder)) ? folder : null;
  } catch {
    return null;
  }
}

/** Checks owner and mode of a folder, and that nobody else can exchange it or a folder above. */
function isWrittenByUserOnly(folder: string): boolean {
  const user = process.getuid?.();
  // The profile's access rights protect the folder on Windows.
  if (user === undefined) return true;
  const { uid, mode } = lstatSync(folder);
  if (uid !== user || (mode & 0o022) !== 0) return false;
  for (let above = dirname(folder); ; above = dirname(above)) {
    const stats = lstatSync(above);
    const isSticky = (stats.mode & 0o1000) !== 0;
    if ((stats.uid !== user && stats.uid !== 0) || ((stats.mode & 0o022) !== 0 && !isSticky)) return false;
    if (above === dirname(above)) return true;
  }
}
