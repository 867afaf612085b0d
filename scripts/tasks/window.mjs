import { ensureDisplay, hasDisplay, startVirtualScreen } from '../bootstrap/display.mjs';
import { ensureElectron } from '../bootstrap/electron.mjs';
import { log } from '../bootstrap/log.mjs';
import { root } from '../bootstrap/paths.mjs';
import { ensureBuild } from '../build.mjs';
import { run } from './steps.mjs';

/**
 * Sees to everything a window needs, opens the app and waits for its end.
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
export async function openWindow(args = [], env = {}) {
  const electron = await ensureElectron();
  ensureDisplay(electron);
  await ensureBuild(['main', 'report', 'renderer']);
  const screen = hasDisplay() ? null : await startVirtualScreen({ forOne: true });
  if (screen) log(`there is no display: the window opens on a virtual screen (${screen.display}); Ctrl+C ends it`);
  const code = await run(electron, [...electronFlags({ virtual: screen !== null }), root, ...args], {
    env: { COTO_NODE: process.execPath, ...(screen ? { DISPLAY: screen.display } : {}), ...env },
  });
  screen?.stop();
  return code;
}

/**
 * Runs `act` with the environment that names the Electron to use and a virtual screen (on Linux).
 * @template T
 * @param {(env: Record<string, string> & { COTO_ELECTRON: string }) => Promise<T>} act
 */
export async function withScreen(act) {
  const electron = await ensureElectron();
  ensureDisplay(electron, { virtual: true });
  const screen = process.platform === 'linux' ? await startVirtualScreen() : null;
  try {
    return await act({
      COTO_ELECTRON: electron,
      COTO_NODE: process.execPath,
      ...(screen ? { DISPLAY: screen.display, WAYLAND_DISPLAY: '' } : {}),
    });
  } finally {
    screen?.stop();
  }
}

/**
 * Chromium's sandbox refuses to run as root; the window's own sandboxing (no node, isolated) stays on. Its complaints
 * about a missing D-Bus or graphics card are of no use to anyone.
 */
export function electronFlags({ virtual = false } = {}) {
  // A virtual screen has no graphics card: Chromium's attempts to start one fail, and now and then a window hangs on them.
  const quiet = ['--log-level=3', ...(virtual ? ['--disable-gpu'] : [])];
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return quiet;
  log("running as root: Chromium's process sandbox is off (--no-sandbox)");
  return [...quiet, '--no-sandbox'];
}
