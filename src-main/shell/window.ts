import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen } from 'electron';
import { studioOrigin } from './app-files.ts';
import { readWindowState, rememberWindowState } from './window-state.ts';

export interface WindowOptions {
  readonly preload: string;
  readonly icon: string | null;
  /** The address of vite's server while developing, else null. */
  readonly developmentServer: string | null;
  /** A page to open first, such as '/runs'. */
  readonly route: string | null;
}

const smallest = { width: 1100, height: 700 };
const first = { width: 1400, height: 900 };

/** Opens the one window: sandboxed, isolated, without node. */
export function openWindow(options: WindowOptions): BrowserWindow {
  const stateFile = join(app.getPath('userData'), 'window.json');
  const state = readWindowState(
    stateFile,
    screen.getAllDisplays().map((display) => display.workArea),
  );
  const window = new BrowserWindow({
    ...first,
    ...(state?.bounds ?? {}),
    minWidth: smallest.width,
    minHeight: smallest.height,
    show: false,
    title: 'CoTo Studio',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1a1b1e' : '#ffffff',
    ...(options.icon === null ? {} : { icon: options.icon }),
    webPreferences: {
      preload: options.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
      // Charts of a running training go on while the window is covered.
      backgroundThrottling: false,
      additionalArguments: [`--studio-version=${app.getVersion()}`],
    },
  });
  rememberWindowState(window, stateFile);
  if (state?.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  const hash = options.route === null ? '' : `#${options.route}`;
  void window.loadURL(`${options.developmentServer ?? studioOrigin}/index.html${hash}`);
  return window;
}
