import { readFile, stat, writeFile } from 'node:fs/promises';
import {
  BrowserWindow,
  dialog,
  type IpcMainInvokeEvent,
  ipcMain,
  nativeImage,
  nativeTheme,
  type OpenDialogOptions,
  shell,
  type WebContents,
} from 'electron';
import { z } from 'zod';
import {
  draggedItemSchema,
  printedFigureSchema,
  type RunningJob,
  runningJobSchema,
  type SystemNotice,
  systemNoticeSchema,
} from '../../src-shared/contract/bridge.ts';
import { StudioError, toErrorValue } from '../../src-shared/contract/errors.ts';
import type { PathUse } from '../../src-shared/contract/paths.ts';
import { type UpdateRequest, type UpdateState, updateRequestSchema } from '../../src-shared/contract/updates.ts';
import { themeSchema } from '../../src-shared/domain/app/theme.ts';
import { languageChoiceSchema } from '../../src-shared/languages.ts';
import { appendLine } from './append-line.ts';
import type { AskedReplies } from './asked-replies.ts';
import type { BackendProcess } from './backend-process.ts';
import { bridgeChannels } from './bridge-channels.ts';
import type { ChosenPaths } from './chosen-paths.ts';
import type { DraggedFiles } from './drag-out.ts';
import type { HomeMover } from './home-mover.ts';
import type { KeyStore } from './key-store.ts';
import type { LanguageStore } from './language-store.ts';
import { plainName, withoutControls } from './plain-name.ts';
import { printFigure, printReport, reportPage } from './print-report.ts';
import { isTrusted } from './security.ts';
import type { Updates } from './updates/updates.ts';

const largestTextBytes = 16 * 1024 * 1024;
const dialogOptions = z.object({
  title: z.string().transform(withoutControls).optional(),
  /** A name alone: the window does not say in which folder, and proposes no hidden file. */
  defaultName: z.string().transform(plainName).optional(),
  filters: z.array(z.object({ name: z.string(), extensions: z.array(z.string()) })).optional(),
});
type DialogOptions = z.output<typeof dialogOptions>;

interface BridgeOptions {
  readonly backend: BackendProcess;
  readonly replies: AskedReplies;
  readonly chosen: ChosenPaths;
  readonly developmentServer: string | null;
  /** Folder of the log files. */
  readonly logs: string;
  /** Folder of the reports. */
  readonly reports: string;
  readonly keys: KeyStore;
  readonly language: LanguageStore;
  readonly dragged: DraggedFiles;
  /** Image at the pointer while something is dragged out. */
  readonly dragIcon: string;
  readonly updates: Updates;
  readonly mover: HomeMover;
  /** The home is in another folder: the app has to start again. */
  onMoved(): void;
  onNewWindow(): void;
  onRunning(jobs: readonly RunningJob[]): void;
  onNotice(notice: SystemNotice): void;
}

/** Connects the window's bridge to the backend and to the native dialogs. Every sender is checked. */
export function serveBridge(options: BridgeOptions): void {
  const { backend, chosen, developmentServer, logs, reports, keys, updates, mover, onMoved, onRunning, onNotice } =
    options;
  const listen = (name: string, act: (message: unknown, page: WebContents) => void): void => {
    ipcMain.on(name, (event, message: unknown) => {
      if (isTrusted(event, developmentServer)) act(message, event.sender);
    });
  };
  listen(bridgeChannels.toBackend, (message, page) => {
    const id = backend.post(message);
    if (id !== null) options.replies.expect(id, page);
  });
  listen(bridgeChannels.askStatus, (_message, page) => page.send(bridgeChannels.status, backend.status));
  listen(bridgeChannels.restartBackend, () => backend.restart());
  listen(bridgeChannels.setRunning, (message) => onRunning(z.array(runningJobSchema).catch([]).parse(message)));
  listen(bridgeChannels.newWindow, () => options.onNewWindow());
  listen(bridgeChannels.theme, (message) => {
    const theme = themeSchema.safeParse(message);
    if (theme.success) nativeTheme.themeSource = theme.data;
  });
  listen(bridgeChannels.notify, (message) => {
    const notice = systemNoticeSchema.safeParse(message);
    if (notice.success) onNotice(notice.data);
  });

  const handle = <Schema extends z.ZodType>(
    name: string,
    schema: Schema,
    act: (argument: z.output<Schema>, window: BrowserWindow) => Promise<unknown>,
  ): void => {
    ipcMain.handle(name, async (event, argument: unknown) => {
      try {
        return { value: await act(schema.parse(argument), senderWindow(event, developmentServer)) };
      } catch (thrown) {
        return { error: toErrorValue(thrown).message };
      }
    });
  };
  const token = (path: string | null, use: PathUse): string | null => (path === null ? null : chosen.token(path, use));
  handle(bridgeChannels.openFolder, dialogOptions, async (options, window) =>
    token(await choose(window, options, ['openDirectory']), 'read'),
  );
  handle(bridgeChannels.saveFolder, dialogOptions, async (options, window) =>
    token(await choose(window, options, ['openDirectory', 'createDirectory']), 'write'),
  );
  handle(bridgeChannels.openFile, dialogOptions, async (options, window) =>
    token(await choose(window, options, ['openFile']), 'read'),
  );
  handle(bridgeChannels.saveFile, dialogOptions, async (options, window) =>
    token(await chooseTarget(window, options), 'write'),
  );
  // The preload script took the path from a file that was dropped: a page can make no such file.
  handle(bridgeChannels.dropped, z.string().min(1), async (path) => token(path, 'read'));
  handle(bridgeChannels.saveText, dialogOptions.extend({ text: z.string() }), async (options, window) => {
    const path = await chooseTarget(window, options);
    if (path !== null) await writeFile(path, options.text);
    return token(path, 'write');
  });
  handle(bridgeChannels.appendText, dialogOptions.extend({ line: z.string() }), async (options, window) => {
    const path = await choose(window, options, ['openFile']);
    if (path !== null) await appendLine(path, options.line);
    return token(path, 'write');
  });
  handle(bridgeChannels.openText, dialogOptions, async (options, window) => {
    const path = await choose(window, options, ['openFile']);
    if (path === null) return null;
    if ((await stat(path)).size > largestTextBytes)
      throw new StudioError('invalid_file', `${path} is larger than 16 MiB and cannot be opened as text.`);
    return { path, text: await readFile(path, 'utf8') };
  });
  handle(bridgeChannels.savePdf, dialogOptions.extend({ report: z.string() }), async (options, window) => {
    const page = reportPage(reports, options.report);
    await mustExist(page);
    const target = await chooseTarget(window, { ...options, filters: [{ name: 'PDF', extensions: ['pdf'] }] });
    if (target !== null) await writeFile(target, await printReport(page));
    return token(target, 'write');
  });
  handle(bridgeChannels.printFigure, printedFigureSchema, async (figure) => {
    const pdf = await printFigure(figure);
    return `data:application/pdf;base64,${pdf.toString('base64')}`;
  });
  handle(bridgeChannels.openPath, z.string(), async (path) => openPath(await chosen.toOpen(path)));
  handle(bridgeChannels.dragOut, draggedItemSchema, async (item, window) => {
    const file = await options.dragged.write(item);
    window.webContents.startDrag({ file, icon: nativeImage.createFromPath(options.dragIcon) });
  });
  handle(bridgeChannels.readKeys, z.null(), async () => keys.read());
  handle(bridgeChannels.writeKeys, z.string(), async (text) => keys.write(text));
  handle(bridgeChannels.readLanguage, z.null(), async () => options.language.chosen);
  handle(bridgeChannels.chooseLanguage, languageChoiceSchema, async (choice) => options.language.choose(choice));
  handle(bridgeChannels.showLogs, z.null(), () => openPath(logs));
  handle(bridgeChannels.updates, updateRequestSchema, (request) => askUpdates(updates, request));
  handle(bridgeChannels.moveHome, dialogOptions, async (options, window) => {
    const folder = await choose(window, options, ['openDirectory', 'createDirectory']);
    const home = folder === null ? null : await mover.move(folder);
    if (home !== null) onMoved();
    return home !== null;
  });
  listen(bridgeChannels.cancelHomeMove, () => void mover.cancel());
  handle(bridgeChannels.showInFolder, z.string(), async (path) => shell.showItemInFolder(await chosen.toShow(path)));
}

async function askUpdates(updates: Updates, request: UpdateRequest): Promise<UpdateState> {
  switch (request.act) {
    case 'state':
      return updates.state;
    case 'setFeed':
      return await updates.setFeed(request.feed);
    case 'check':
      return await updates.check();
    case 'download':
      return await updates.start();
    case 'cancel':
      return updates.cancel();
  }
}

/** Opens a file or folder with the system's own program. */
export async function openPath(path: string): Promise<void> {
  await mustExist(path);
  const problem = await shell.openPath(path);
  if (problem !== '') throw new StudioError('refused', `${path} could not be opened: ${problem}.`);
}

function senderWindow(event: IpcMainInvokeEvent, developmentServer: string | null): BrowserWindow {
  const window = BrowserWindow.fromWebContents(event.sender);
  if (!isTrusted(event, developmentServer) || window === null)
    throw new StudioError('refused', 'This page may not use the system.');
  return window;
}

async function choose(
  window: BrowserWindow,
  options: DialogOptions,
  properties: NonNullable<OpenDialogOptions['properties']>,
): Promise<string | null> {
  const { filePaths } = await dialog.showOpenDialog(window, {
    ...(options.title === undefined ? {} : { title: options.title }),
    filters: options.filters ?? [],
    properties,
  });
  return filePaths[0] ?? null;
}

async function chooseTarget(window: BrowserWindow, options: DialogOptions): Promise<string | null> {
  const { filePath } = await dialog.showSaveDialog(window, {
    ...(options.title === undefined ? {} : { title: options.title }),
    ...(options.defaultName === undefined ? {} : { defaultPath: options.defaultName }),
    filters: options.filters ?? [],
  });
  return filePath ? filePath : null;
}

async function mustExist(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new StudioError('not_found', `${path} no longer exists.`);
}
