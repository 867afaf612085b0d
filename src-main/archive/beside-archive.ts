import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inArchive = /(.*[\\/]app\.asar)(?=[\\/])/;

/**
 * The same place in the folder beside the archive, where the packed app has its addons, packages and assets. Other paths
 * and URLs stay as they are.
 */
export function besideArchive(place: string): string {
  return place.replace(inArchive, '$1.unpacked');
}

/** The switches that let a plain Node run this module, if it lies in an archive. Electron itself reads archives. */
export function archiveSwitches(module: URL): string[] {
  const archive = inArchive.exec(module.href)?.[1];
  if (archive === undefined) return [];
  const register = new URL(`${archive}.unpacked/dist/archive/register.mjs`);
  return existsSync(fileURLToPath(register)) ? ['--import', register.href] : [];
}

/** The same for a thread of this process, which under Electron reads archives by itself. */
export function threadSwitches(module: URL): { execArgv?: string[] } {
  const switches = process.versions['electron'] === undefined ? archiveSwitches(module) : [];
  return switches.length === 0 ? {} : { execArgv: switches };
}
