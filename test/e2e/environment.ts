import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

const named = process.env['COTO_ELECTRON'];
if (!named || !existsSync(named))
  throw new Error('COTO_ELECTRON names no Electron: run these tests with `npm run e2e`, which sees to it.');

/** The app that is driven: the build, or the archive of the packed app (`npm run e2e -- --packed`). */
export const appPath = process.env['COTO_E2E_APP'] ?? projectRoot;

/**
 * The Electron that the bootstrap found, and what it needs to be told on this machine: the virtual screen has no graphics
 * card, and now and then a window hangs on Chromium's attempts to start one.
 */
export const electronBinary = named;
export const electronArguments =
  process.platform === 'linux' ? ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])] : [];
