import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';
import type { Log } from '../logging/log.ts';

/** Folders in which Chromium keeps compiled code and shaders in its profile. */
const compiledFolders = [
  'Code Cache',
  'DawnGraphiteCache',
  'DawnWebGPUCache',
  'GPUCache',
  'GraphiteDawnCache',
  'GrShaderCache',
  'ShaderCache',
] as const;

/**
 * Removes what Chromium has kept compiled in a profile: the profile lies in the home, which can come from elsewhere. Must run
 * before the app is ready, by the app that holds the profile.
 */
export function removeCompiled(profile: string, log: Log): void {
  for (const name of compiledFolders)
    try {
      rmSync(join(profile, name), { recursive: true, force: true });
    } catch (error) {
      log.warn({ err: error }, `${name} could not be removed from the window's profile`);
    }
}

/** Keeps compiled shaders in memory alone: Chromium has no folder for them but the profile. Must run before the app is ready. */
export function keepShadersNowhere(): void {
  app.commandLine.appendSwitch('disable-gpu-shader-disk-cache');
}
