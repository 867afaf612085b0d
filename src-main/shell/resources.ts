import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';

export interface Resources {
  readonly preload: string;
  readonly renderer: string;
  readonly backend: string;
  readonly assets: string;
  readonly icon: string;
  /** A Node ≥ 22, or null: only an Electron with an older one needs it. */
  readonly node: string | null;
}

/**
 * Where the app's parts lie. Packed, the window's files are inside the archive; the backend and what it loads lie beside
 * it, since a Node other than Electron's cannot read an archive.
 */
export function locateResources(): Resources {
  const root = app.getAppPath();
  const inside = join(root, 'dist');
  const outside = app.isPackaged ? join(process.resourcesPath, 'app.asar.unpacked', 'dist') : inside;
  const assets = app.isPackaged ? join(process.resourcesPath, 'assets') : join(root, 'assets');
  const executable = process.platform === 'win32' ? 'node.exe' : 'node';
  const candidates = [
    process.env['COTO_NODE'],
    join(process.resourcesPath, 'node', executable),
    join(root, 'node_modules', 'node', 'bin', executable),
  ];
  return {
    preload: join(inside, 'shell', 'preload.cjs'),
    renderer: join(inside, 'renderer'),
    backend: join(outside, 'backend', 'backend.mjs'),
    assets,
    icon: join(assets, 'icons', 'icon.png'),
    node: candidates.find((candidate) => candidate !== undefined && existsSync(candidate)) ?? null,
  };
}
