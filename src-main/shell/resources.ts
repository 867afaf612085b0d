import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';
import { besideArchive } from '../archive/beside-archive.ts';

export interface Resources {
  readonly preload: string;
  readonly renderer: string;
  readonly backend: string;
  readonly homeMover: string;
  readonly assets: string;
  readonly icon: string;
  readonly trayIcon: string;
  /** A plain Node ≥ 22, or null. */
  readonly node: string | null;
}

/**
 * Locations of the app's parts. In the packed app all code of ours is inside the archive; what has to be a file of its own
 * (addons, the packages that load them, models, datasets) is beside it.
 */
export function locateResources(): Resources {
  const root = app.getAppPath();
  const outside = besideArchive(join(root, '/'));
  const assets = join(outside, 'assets');
  const executable = process.platform === 'win32' ? 'node.exe' : 'node';
  const candidates = [
    // A packed app runs what it brings and nothing that its surroundings name.
    app.isPackaged ? undefined : process.env['COTO_NODE'],
    join(process.resourcesPath, 'node', executable),
    join(root, 'node_modules', 'node', 'bin', executable),
  ];
  return {
    preload: join(root, 'dist', 'shell', 'preload.cjs'),
    renderer: join(root, 'dist', 'renderer'),
    backend: join(root, 'dist', 'backend', 'backend.mjs'),
    homeMover: join(root, 'dist', 'backend', 'home-mover.mjs'),
    assets,
    icon: join(assets, 'icons', 'icon.png'),
    trayIcon: join(assets, 'icons', process.platform === 'linux' ? '32x32.png' : '16x16.png'),
    node: candidates.find((candidate) => candidate !== undefined && existsSync(candidate)) ?? null,
  };
}
