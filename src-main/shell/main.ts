import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow, Menu } from 'electron';
import { toErrorValue } from '../../src-shared/contract/errors.ts';
import { replyId } from '../../src-shared/rpc/contract.ts';
import { logFolder, openLog } from '../logging/log.ts';
import { type BackendProcess, startBackendProcess } from './backend-process.ts';
import { bridgeChannels } from './bridge-channels.ts';
import { openPath, serveBridge } from './ipc.ts';
import { buildMenu } from './menu.ts';
import { QuitGuard } from './quit-guard.ts';
import { locateResources } from './resources.ts';
import { lockDown, registerScheme, serveRenderer } from './security.ts';
import { showNotice } from './system-notice.ts';
import { openWindow } from './window.ts';

const home = process.env['COTO_STUDIO_HOME'];
// Each studio home (tests, a second project) has its own Chromium files and single-instance lock.
if (home) app.setPath('userData', join(home, 'window'));
const studioHome = home ?? app.getPath('userData');
const resources = locateResources();
const developmentServer = app.isPackaged ? null : (process.env['COTO_DEV_SERVER'] ?? null);
/** Self-check of the packed app: waits for the window's first response from the backend, then quits. */
const isSmokeTest = process.env['COTO_SMOKE'] === '1';

const logs = join(studioHome, logFolder);
const { log } = openLog(logs, 'shell');

let backend: BackendProcess | null = null;
let quitting = false;
const guard = new QuitGuard();

registerScheme();
if (!app.requestSingleInstanceLock()) app.quit();
else {
  app.on('second-instance', () => {
    const window = BrowserWindow.getAllWindows()[0];
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  app.whenReady().then(begin, (error: unknown) => {
    log.fatal({ err: error }, 'the app could not start');
    process.stderr.write(`${toErrorValue(error).message}\n`);
    app.exit(1);
  });
}

function begin(): void {
  log.info(
    { version: app.getVersion(), electron: process.versions.electron, platform: `${process.platform} ${process.arch}` },
    'the app starts',
  );
  lockDown(developmentServer);
  serveRenderer(resources.renderer);
  const send = (channel: string, payload: unknown): void => {
    for (const window of BrowserWindow.getAllWindows())
      if (!window.webContents.isDestroyed()) window.webContents.send(channel, payload);
  };
  backend = startBackendProcess({
    entry: resources.backend,
    home: studioHome,
    log,
    resourcesDirectory: resources.assets,
    node: resources.node,
    onMessage(message) {
      send(bridgeChannels.fromBackend, message);
      if (isSmokeTest && replyId(message) !== null) passSmokeTest();
    },
    onStatus(status) {
      send(bridgeChannels.status, status);
      if (isSmokeTest && status.status === 'failed') {
        process.stderr.write(`smoke test failed: ${status.error?.message}\n`);
        app.exit(1);
      }
    },
  });
  serveBridge({
    backend,
    developmentServer,
    logs,
    reports: join(studioHome, 'reports'),
    onRunning: (jobs) => {
      guard.jobs = jobs;
    },
    onNotice: (notice) => showNotice(notice, () => BrowserWindow.getAllWindows()[0]),
  });
  const show = (path: string): void =>
    void openPath(path).catch((error: unknown) => log.error({ err: error, path }, 'this could not be opened'));
  app.setAboutPanelOptions({
    applicationName: 'CoTo Studio',
    applicationVersion: app.getVersion(),
    copyright: `Electron ${process.versions.electron}, MIT licence`,
    ...(existsSync(resources.icon) ? { iconPath: resources.icon } : {}),
  });
  Menu.setApplicationMenu(
    buildMenu({
      send: (command) => send(bridgeChannels.menu, command),
      showLogs: () => show(logs),
      showAbout: () => app.showAboutPanel(),
    }),
  );
  const open = (route: string | null): void => {
    const window = openWindow({
      preload: resources.preload,
      icon: existsSync(resources.icon) ? resources.icon : null,
      developmentServer,
      route,
      log,
    });
    guard.watch(window);
  };
  open(process.argv.find((argument) => argument.startsWith('--route='))?.slice('--route='.length) ?? null);
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) open(null);
  });
}

function passSmokeTest(): void {
  if (quitting) return;
  process.stdout.write(
    `smoke test passed: the window has its first response (Electron ${process.versions.electron})\n`,
  );
  app.quit();
}

process.on('uncaughtExceptionMonitor', (error) => log.fatal({ err: error }, 'uncaught error'));
app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit();
});
app.on('before-quit', (event) => {
  if (quitting || backend === null) return;
  event.preventDefault();
  if (!guard.mayQuit(BrowserWindow.getAllWindows()[0])) return;
  quitting = true;
  void backend.stop().then(() => app.quit());
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => guard.quitUnasked());
