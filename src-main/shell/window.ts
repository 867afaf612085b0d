import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen, type WebContents } from 'electron';
import { endedSearch } from '../../src-shared/contract/bridge.ts';
import type { Log } from '../logging/log.ts';
import { studioOrigin } from './app-files.ts';
import { PageReloads } from './page-reloads.ts';
import { readWindowState, rememberWindowState } from './window-state.ts';

export interface WindowOptions {
  readonly preload: string;
  readonly icon: string | null;
  /** URL of the vite server in development, else null. */
  readonly developmentServer: string | null;
  /** A page to open first, such as '/runs'. */
  readonly route: string | null;
  readonly log: Log;
}

const smallest = { width: 1100, height: 700 };
const first = { width: 1400, height: 900 };

/** Windows open at once: more than this is a page that opens them by mistake. */
const maxWindows = 8;
/** Distance of a further window from the one in front. */
const cascade = 32;

/** The window that had the focus last. */
let lastFocused: BrowserWindow | null = null;

/** Every open window, the one that had the focus last at first. */
export function studioWindows(): readonly BrowserWindow[] {
  const windows = BrowserWindow.getAllWindows().filter((window) => !window.webContents.isDestroyed());
  return windows.toSorted((one, other) => Number(other === lastFocused) - Number(one === lastFocused));
}

/** Opens one more window on the page of the one in front; null where there are enough. */
export function openFurtherWindow(options: Omit<WindowOptions, 'route'>): BrowserWindow | null {
  const windows = studioWindows();
  if (windows.length >= maxWindows) return null;
  const hash = new URL(windows[0]?.webContents.getURL() || studioOrigin).hash;
  return openWindow({ ...options, route: hash === '' ? null : hash.slice(1) });
}

/** Opens a window: sandboxed, isolated, without node. */
export function openWindow(options: WindowOptions): BrowserWindow {
  const stateFile = join(app.getPath('userData'), 'window.json');
  const state = readWindowState(
    stateFile,
    screen.getAllDisplays().map((display) => display.workArea),
  );
  const front = studioWindows()[0]?.getNormalBounds();
  const window = new BrowserWindow({
    ...first,
    ...(front ? { ...front, x: front.x + cascade, y: front.y + cascade } : (state?.bounds ?? {})),
    minWidth: smallest.width,
    minHeight: smallest.height,
    show: false,
    title: 'CoTo Studio',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1c1d20' : '#ffffff',
    ...(options.icon === null ? {} : { icon: options.icon }),
    webPreferences: {
      preload: options.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
      // Files are opened by the dialogs of the bridge, not by the page's own.
      disableBlinkFeatures: 'FileSystemAccessLocal,FileSystemAccess',
      // Charts of a running training go on while the window is covered.
      backgroundThrottling: false,
      additionalArguments: [
        `--studio-version=${app.getVersion()}`,
        `--studio-languages=${app.getPreferredSystemLanguages().join(',')}`,
      ],
    },
  });
  window.on('focus', () => {
    lastFocused = window;
  });
  rememberWindowState(window, stateFile, options.log);
  followPage(window.webContents, options.log.child({ program: 'window' }));
  reloadEnded(window);
  // The buttons of a mouse, where the system sends them as commands.
  window.on('app-command', (_event, command) => {
    const { navigationHistory } = window.webContents;
    if (command === 'browser-backward' && navigationHistory.canGoBack()) navigationHistory.goBack();
    if (command === 'browser-forward' && navigationHistory.canGoForward()) navigationHistory.goForward();
  });
  if (state?.maximized && !front) window.maximize();
  window.once('ready-to-show', () => window.show());
  const hash = options.route === null ? '' : `#${options.route}`;
  void window.loadURL(`${options.developmentServer ?? studioOrigin}/index.html${hash}`);
  return window;
}

/** Shown in place of the window's page when that ends too often. */
const stoppedPage = 'stopped.html';

/** Loads the page again after its process has ended, and a page without scripts if that happens too often. */
function reloadEnded(window: BrowserWindow): void {
  const { webContents: page } = window;
  const reloads = new PageReloads();
  page.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return;
    // Chromium has to be done with the old process first.
    setImmediate(() => {
      if (window.isDestroyed()) return;
      const url = new URL(page.getURL());
      if (url.pathname.endsWith(stoppedPage)) return;
      if (reloads.mayReload(Date.now())) url.search = endedSearch;
      else url.href = new URL(stoppedPage, url).href;
      void page.loadURL(url.href);
    });
  });
}

/** Most messages logged for a window, so that a repeating one does not displace the rest of the log. */
const maxMessages = 500;

/** Logs the page's warnings and errors, and its end. */
function followPage(page: WebContents, log: Log): void {
  let count = 0;
  page.on('console-message', ({ level, message, sourceId, lineNumber }) => {
    if ((level !== 'warning' && level !== 'error') || ++count > maxMessages) return;
    const fields = { source: `${sourceId.split('/').at(-1)}:${lineNumber}` };
    if (level === 'error') log.error(fields, message.slice(0, 4000));
    else log.warn(fields, message.slice(0, 4000));
  });
  page.on('render-process-gone', (_event, { reason, exitCode }) => {
    log.error({ reason, exitCode }, 'the process of the window ended');
  });
  page.on('did-fail-load', (_event, code, description) =>
    log.error({ code, description }, 'the page could not be loaded'),
  );
  page.on('preload-error', (_event, _path, error) => log.error({ err: error }, 'the preload script failed'));
  page.on('unresponsive', () => log.warn('the window does not respond'));
}
