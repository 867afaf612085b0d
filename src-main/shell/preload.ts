import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron';
import type { BackendStatus, StudioBridge } from '../../src-shared/contract/bridge.ts';
import { bridgeChannels } from './bridge-channels.ts';

/** Calls `listener` with the shell's messages of that name until the returned function is called. */
function listen<Payload>(name: string, listener: (payload: Payload) => void): () => void {
  const unwrap = (_event: IpcRendererEvent, payload: Payload): void => listener(payload);
  ipcRenderer.on(name, unwrap);
  return () => {
    ipcRenderer.off(name, unwrap);
  };
}

/** Removes the prefix that Electron adds to error messages. */
async function invoke<Answer>(name: string, argument: unknown): Promise<Answer> {
  const answer: { value: Answer } | { error: string } = await ipcRenderer.invoke(name, argument);
  if ('error' in answer) throw new Error(answer.error);
  return answer.value;
}

const argument = (name: string): string =>
  process.argv.find((entry) => entry.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';

const bridge: StudioBridge<Parameters<typeof webUtils.getPathForFile>[0]> = {
  post: (message) => ipcRenderer.send(bridgeChannels.toBackend, message),
  on: (listener) => listen<unknown>(bridgeChannels.fromBackend, listener),
  onStatus(listener) {
    const stop = listen<BackendStatus>(bridgeChannels.status, listener);
    ipcRenderer.send(bridgeChannels.askStatus);
    return stop;
  },
  restartBackend: () => ipcRenderer.send(bridgeChannels.restartBackend),
  setTheme: (theme) => ipcRenderer.send(bridgeChannels.theme, theme),
  dialogs: {
    openFolder: (options = {}) => invoke(bridgeChannels.openFolder, options),
    openFile: (options = {}) => invoke(bridgeChannels.openFile, options),
    saveFolder: (options = {}) => invoke(bridgeChannels.saveFolder, options),
    saveFile: (options = {}) => invoke(bridgeChannels.saveFile, options),
    saveText: (text, options = {}) => invoke(bridgeChannels.saveText, { ...options, text }),
    appendText: (line, options = {}) => invoke(bridgeChannels.appendText, { ...options, line }),
    openText: (options = {}) => invoke(bridgeChannels.openText, options),
  },
  pathForFile(file) {
    const path = webUtils.getPathForFile(file);
    return path === '' ? Promise.resolve(null) : invoke(bridgeChannels.dropped, path);
  },
  savePdf: (report, options = {}) => invoke(bridgeChannels.savePdf, { ...options, report }),
  printFigure: (figure) => invoke(bridgeChannels.printFigure, figure),
  openPath: (path) => invoke(bridgeChannels.openPath, path),
  showInFolder: (path) => invoke(bridgeChannels.showInFolder, path),
  showLogs: () => invoke(bridgeChannels.showLogs, null),
  home: {
    move: (options = {}) => invoke(bridgeChannels.moveHome, options),
    cancelMove: () => ipcRenderer.send(bridgeChannels.cancelHomeMove),
    onProgress: (listener) => listen(bridgeChannels.homeMove, listener),
  },
  updates: {
    ask: (request) => invoke(bridgeChannels.updates, request),
    onState: (listener) => listen(bridgeChannels.updateState, listener),
  },
  dragOut: (item) => invoke(bridgeChannels.dragOut, item),
  newWindow: () => ipcRenderer.send(bridgeChannels.newWindow),
  keys: {
    read: () => invoke(bridgeChannels.readKeys, null),
    write: (text) => invoke(bridgeChannels.writeKeys, text),
    onChange: (listener) => listen(bridgeChannels.keys, listener),
  },
  language: {
    read: () => invoke(bridgeChannels.readLanguage, null),
    choose: (language) => invoke(bridgeChannels.chooseLanguage, language),
    onChange: (listener) => listen(bridgeChannels.language, listener),
  },
  setRunning: (jobs) => ipcRenderer.send(bridgeChannels.setRunning, jobs),
  notify: (notice) => ipcRenderer.send(bridgeChannels.notify, notice),
  onMenu: (listener) => listen<string>(bridgeChannels.menu, listener),
  platform: process.platform,
  languages: argument('studio-languages').split(',').filter(Boolean),
  versions: {
    app: argument('studio-version'),
    electron: process.versions.electron,
    chrome: process.versions.chrome ?? '',
  },
};

contextBridge.exposeInMainWorld('coto', bridge);
