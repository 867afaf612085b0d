import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { app, type BrowserWindow, dialog, Menu, session } from 'electron';
import type { BackendStatus } from '../../src-shared/contract/bridge.ts';
import { type ErrorValue, StudioError, toErrorValue } from '../../src-shared/contract/errors.ts';
import type { PlannedMove } from '../../src-shared/contract/home-move.ts';
import { keyFileName } from '../../src-shared/key-file.ts';
import { bestLanguage, languageFileName } from '../../src-shared/languages.ts';
import { setNativeLanguage } from '../../src-shared/native-words/index.ts';
import { replyId } from '../../src-shared/rpc/contract.ts';
import { crashFolder } from '../files/crash-dumps.ts';
import { locateHome } from '../files/home-place.ts';
import { compiledCodeFolder } from '../files/user-cache.ts';
import { type Log, logFolder, openLog } from '../logging/log.ts';
import { AskedReplies } from './asked-replies.ts';
import { type BackendProcess, startBackendProcess } from './backend-process.ts';
import { Background } from './background.ts';
import { bridgeChannels } from './bridge-channels.ts';
import { ChosenPaths } from './chosen-paths.ts';
import { keepCrashReports } from './crash-reports.ts';
import { developmentServerOf } from './development-server.ts';
import { DraggedFiles } from './drag-out.ts';
import { HomeMover } from './home-mover.ts';
import { missingHomeAnswers, missingHomeQuestion, moveAnswers, moveQuestion } from './home-questions.ts';
import { openPath, serveBridge } from './ipc.ts';
import { KeepAwake } from './keep-awake.ts';
import { KeyStore } from './key-store.ts';
import { LanguageStore } from './language-store.ts';
import { buildMenu } from './menu.ts';
import { type Opened, OpenedItems, openedArgument } from './opened-arguments.ts';
import { QuitGuard } from './quit-guard.ts';
import { recoveryAnswers, recoveryQuestion } from './recovery-question.ts';
import { refuseSwitches } from './refused-switches.ts';
import { locateResources } from './resources.ts';
import { progressBarValue } from './running-state.ts';
import { closeNetwork, lockDown, registerScheme, serveRenderer } from './security.ts';
import { startProcess } from './start-process.ts';
import { showNotice } from './system-notice.ts';
import { TrayIcon } from './tray-icon.ts';
import { changedUnpackedFile } from './unpacked-files.ts';
import { openUpdates } from './updates/open-updates.ts';
import { openFurtherWindow, openWindow, studioWindows } from './window.ts';

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
function removeCompiled(profile: string, log: Log): void {
  for (const name of compiledFolders)
    try {
      rmSync(join(profile, name), { recursive: true, force: true });
    } catch (error) {
      log.warn({ err: error }, `${name} could not be removed from the window's profile`);
    }
}

/** Keeps compiled shaders in memory alone: Chromium has no folder for them but the profile. Must run before the app is ready. */
function keepShadersNowhere(): void {
  app.commandLine.appendSwitch('disable-gpu-shader-disk-cache');
}

const home = process.env['COTO_STUDIO_HOME'];
const place = home ?? app.getPath('userData');
const { studioHome, missing } = locate();
/** Nothing is written into a home with links among its folders: what the window and its log need goes here. */
const scratch = missing !== null && missing.code !== 'not_found' ? mkdtempSync(join(tmpdir(), 'coto-window-')) : null;
if (scratch !== null) app.setPath('userData', scratch);
else if (home) {
  // Each studio home (tests, a second project) has its own Chromium files and single-instance lock.
  app.setPath('userData', join(home, 'window'));
}
const resources = locateResources();
const developmentServer = developmentServerOf(process.env['COTO_DEV_SERVER'], app.isPackaged);
/** Self-check of the packed app: waits for the window's first response from the backend, then quits. */
const isSmokeTest = process.env['COTO_SMOKE'] === '1';

const compiled = compiledCodeFolder([place, studioHome]);

const logs = join(scratch ?? studioHome, logFolder);
const { log, close: closeLog } = openLog(logs, 'shell');

/** Time for a running training to finish its step and save it, a long one of a large model on a slow processor. */
const quitMilliseconds = 70_000;
/** The system ends a program soon after its signal. */
const signalMilliseconds = 8000;

const openedItems = new OpenedItems();
let backend: BackendProcess | null = null;
let mover: HomeMover | null = null;
let quitting = false;
let signalled = false;
/** The app was started once more while it quits. */
let startedAgain = false;
const keepAwake = new KeepAwake();
const theWindow = (): BrowserWindow | undefined => studioWindows()[0];
const background = new Background({
  windows: studioWindows,
  open: () => open(null),
  quit: () => app.quit(),
  tray: new TrayIcon(resources.trayIcon, {
    open: () => background.leave(),
    // If any job cannot be resumed, the user is asked first.
    quit: () => (guard.jobs.every(({ pauses }) => pauses) ? guard.quitUnasked() : app.quit()),
  }),
});
const guard = new QuitGuard(() => background.enter());

// The window draws no WebGL, which Chromium would draw without a graphics card by a library of its own that is not packed.
app.commandLine.appendSwitch('disable-software-rasterizer');
// Chromium's network has a process of its own, which here serves the window's files alone: 20 MB.
app.commandLine.appendSwitch('enable-features', 'NetworkServiceInProcess2');
// GTK, which draws the system's dialogs, would load the graphics driver for them: 18 MB.
if (process.platform === 'linux') process.env['GDK_GL'] ??= 'disable';
const refused = app.isPackaged ? refuseSwitches(app.commandLine) : [];
// Electron's own, which it would make before ours.
Menu.setApplicationMenu(null);
registerScheme(compiled !== null);
keepShadersNowhere();
closeNetwork(developmentServer);
if (!app.requestSingleInstanceLock()) app.quit();
else {
  if (missing === null) keepCrashReports(join(studioHome, crashFolder), log);
  removeCompiled(app.getPath('userData'), log);
  app.on('second-instance', (_event, args, folder) => {
    if (quitting) startedAgain = true;
    else if (app.isReady()) {
      background.leave();
      openedItems.add(openedArgument(args, folder));
    }
  });
  openedItems.listen(app);
  app
    .whenReady()
    .then(refuseChangedFiles)
    .then(requireHome)
    .then(begin, (error: unknown) => {
      log.fatal({ err: error }, 'the app could not start');
      process.stderr.write(`${toErrorValue(error).message}\n`);
      exitUnopened(1);
    });
}

/**
 * On systems where Electron verifies the archive, the archive verifies the files beside it. On Linux nothing verifies
 * the archive itself.
 */
async function refuseChangedFiles(): Promise<void> {
  if (!app.isPackaged || process.platform === 'linux') return;
  const fs = await import('original-fs');
  const changed = await changedUnpackedFile(app.getAppPath(), fs);
  if (changed === null) return;
  const message = `${changed} is not the file that was installed with CoTo Studio. Install the app again.`;
  dialog.showErrorBox('CoTo Studio was changed', message);
  throw new StudioError('refused', message);
}

/** Finds the home. Nothing is written for a home on a disk that is not connected, or one that has links where the app writes. */
function locate(): { readonly studioHome: string; readonly missing: ErrorValue | null } {
  try {
    return { studioHome: locateHome(place), missing: null };
  } catch (error) {
    return { studioHome: place, missing: toErrorValue(error) };
  }
}

function requireHome(): void {
  if (missing === null) return;
  log.error({ err: StudioError.fromValue(missing) }, 'the home is not there');
  if (isSmokeTest) throw StudioError.fromValue(missing);
  // The choice is in the home.
  setNativeLanguage(bestLanguage(app.getPreferredSystemLanguages()));
  const answer = missingHomeAnswers[dialog.showMessageBoxSync(missingHomeQuestion(missing))] ?? 'quit';
  if (answer === 'again') app.relaunch();
  exitUnopened(0);
}

function exitUnopened(code: number): void {
  closeLog();
  if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
  app.exit(code);
}

function begin(): void {
  if (missing !== null) return;
  log.info(
    { version: app.getVersion(), electron: process.versions.electron, platform: `${process.platform} ${process.arch}` },
    'the app starts',
  );
  if (refused.length > 0) log.warn({ switches: refused }, 'switches of the command line are not followed');
  if (compiled === null) log.warn('no compiled code is kept, since no folder for it belongs to this user alone');
  else session.defaultSession.setCodeCachePath(join(compiled, 'window'));
  lockDown(developmentServer);
  serveRenderer(resources.renderer);
  const send = (channel: string, payload: unknown): void => {
    for (const window of studioWindows()) window.webContents.send(channel, payload);
  };
  const sendCommand = (command: string): void => theWindow()?.webContents.send(bridgeChannels.menu, command);
  const chosen = new ChosenPaths({ home: studioHome, onGrant: (grant) => backend?.grant(grant) });
  const replies = new AskedReplies();
  const started = startBackendProcess({
    entry: resources.backend,
    home: studioHome,
    compiled: compiled === null ? null : join(compiled, 'backend'),
    log,
    resourcesDirectory: resources.assets,
    node: resources.node,
    grants: () => chosen.grants,
    onKnownPaths: (paths) => {
      chosen.known = paths;
    },
    onMessage(message) {
      const id = replyId(message);
      if (id === null) send(bridgeChannels.fromBackend, message);
      else replies.deliver(id, bridgeChannels.fromBackend, message);
      if (isSmokeTest && id !== null) passSmokeTest();
    },
    onStatus(status) {
      if (status.status !== 'ready') replies.clear();
      send(bridgeChannels.status, status);
      if (isSmokeTest && status.status === 'failed') {
        process.stderr.write(`smoke test failed: ${status.error?.message}\n`);
        app.exit(1);
      }
      void askRecovery(status);
    },
  });
  backend = started;
  mover = new HomeMover({
    open: (folder) =>
      startProcess({
        entry: resources.homeMover,
        node: resources.node,
        log,
        program: 'home-mover',
        serviceName: 'CoTo Studio home mover',
        env: { ...process.env, COTO_STUDIO_HOME: place, COTO_STUDIO_MOVE_TO: folder },
      }),
    running: () => guard.jobs.length,
    agree: askMove,
    rest: () => started.rest(quitMilliseconds),
    onProgress: (progress) => send(bridgeChannels.homeMove, progress),
  });
  const showMenu = (): void =>
    Menu.setApplicationMenu(
      buildMenu({
        keys: keys.keys,
        send: sendCommand,
        newWindow,
        showLogs: () => openFolder(logs),
        showAbout: () => app.showAboutPanel(),
      }),
    );
  const keys = new KeyStore({
    file: join(studioHome, keyFileName),
    log,
    onChange(text) {
      showMenu();
      send(bridgeChannels.keys, text);
    },
  });
  const language = new LanguageStore({
    file: join(studioHome, languageFileName),
    log,
    preferred: app.getPreferredSystemLanguages(),
    onChange(choice) {
      setNativeLanguage(language.language);
      showMenu();
      background.update(guard.jobs);
      send(bridgeChannels.language, choice);
    },
  });
  setNativeLanguage(language.language);
  const dragged = new DraggedFiles(studioHome);
  app.once('quit', () => dragged.clear());
  serveBridge({
    backend,
    replies,
    chosen,
    mover,
    onMoved: startInNewHome,
    developmentServer,
    logs,
    reports: join(studioHome, 'reports'),
    keys,
    language,
    dragged,
    dragIcon: resources.trayIcon,
    updates: openUpdates({
      home: studioHome,
      log,
      onState: (state) => send(bridgeChannels.updateState, state),
    }),
    onNewWindow: newWindow,
    onRunning: (jobs) => {
      guard.jobs = jobs;
      keepAwake.set(jobs.length > 0);
      for (const window of studioWindows()) window.setProgressBar(progressBarValue(jobs));
      background.update(jobs);
    },
    onNotice: (notice) => showNotice(notice, () => background.leave()),
  });
  const openFolder = (path: string): void =>
    void openPath(path).catch((error: unknown) => log.error({ err: error, path }, 'this could not be opened'));
  app.setAboutPanelOptions({
    applicationName: 'CoTo Studio',
    applicationVersion: app.getVersion(),
    copyright: `Electron ${process.versions.electron}, MIT licence`,
    ...(existsSync(resources.icon) ? { iconPath: resources.icon } : {}),
  });
  showMenu();
  const routeOf = (opened: Opened): string => {
    if (opened.kind === 'link') return opened.route;
    app.addRecentDocument(opened.path);
    return `/home?open=${encodeURIComponent(chosen.token(opened.path, 'read'))}`;
  };
  const route = process.argv.find((argument) => argument.startsWith('--route='))?.slice('--route='.length);
  const first = openedItems.follow((opened) => {
    background.leave();
    sendCommand(routeOf(opened));
  });
  const given = first ?? openedArgument(process.argv, process.cwd());
  open(given === null ? (route ?? null) : routeOf(given));
  app.on('activate', () => background.leave());
}

/** With a damaged or lost database, the user chooses what to do. */
async function askRecovery(status: BackendStatus): Promise<void> {
  const question = recoveryQuestion(status);
  if (question === null || isSmokeTest) return;
  const window = theWindow();
  const { response } = await (window ? dialog.showMessageBox(window, question) : dialog.showMessageBox(question));
  const answer = recoveryAnswers[response] ?? 'quit';
  log.info({ answer }, 'the recovery of the database was asked about');
  if (answer === 'quit') app.quit();
  else backend?.restart(answer);
}

async function askMove(plan: PlannedMove): Promise<{ keep: boolean } | null> {
  const window = theWindow();
  const question = moveQuestion(plan);
  const { response } = await (window ? dialog.showMessageBox(window, question) : dialog.showMessageBox(question));
  const answer = moveAnswers[response] ?? 'cancel';
  return answer === 'cancel' ? null : { keep: answer === 'keep' };
}

/** All that the app knows of its home is read at its start. */
function startInNewHome(): void {
  // Its files went with the old home.
  closeLog();
  app.relaunch();
  quitting = true;
  app.quit();
}

function open(route: string | null): void {
  guard.watch(openWindow({ ...windowOptions(), route }));
}

function newWindow(): void {
  const window = openFurtherWindow(windowOptions());
  if (window !== null) guard.watch(window);
}

function windowOptions() {
  const icon = existsSync(resources.icon) ? resources.icon : null;
  return { preload: resources.preload, icon, developmentServer, log };
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
  // Quits after the copied files are removed; the home stays at its old place.
  if (mover?.isMoving) {
    void mover.cancel().then(() => app.quit());
    return;
  }
  if (!guard.mayQuit(theWindow())) return;
  quitting = true;
  for (const window of studioWindows()) window.hide();
  void backend.stop(signalled ? signalMilliseconds : quitMilliseconds).then(() => {
    if (startedAgain) app.relaunch();
    app.quit();
  });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
  process.on(signal, () => {
    signalled = true;
    guard.quitUnasked();
  });
