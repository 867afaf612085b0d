import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const modules = join(root, 'node_modules');
export const nodeBinary = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
/** License file of Node and its bundled code, for the notices of the packed app. */
export const nodeLicense = join(modules, 'node', 'bin', 'LICENSE');

/** Folder of downloads that outlive a clone. */
export function cacheFolder() {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'coto-studio');
  if (process.platform === 'win32' && process.env.LOCALAPPDATA)
    return join(process.env.LOCALAPPDATA, 'coto-studio', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'coto-studio');
  return join(homedir(), '.cache', 'coto-studio');
}
