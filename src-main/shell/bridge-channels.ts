/** The names of the messages between the preload script and the shell. */
export const bridgeChannels = {
  toBackend: 'studio:to-backend',
  fromBackend: 'studio:from-backend',
  status: 'studio:status',
  askStatus: 'studio:ask-status',
  restartBackend: 'studio:restart-backend',
  setRunning: 'studio:set-running',
  theme: 'studio:theme',
  menu: 'studio:menu',
  openFolder: 'studio:open-folder',
  openFile: 'studio:open-file',
  saveFile: 'studio:save-file',
  saveText: 'studio:save-text',
  openText: 'studio:open-text',
  openPath: 'studio:open-path',
  showInFolder: 'studio:show-in-folder',
  showLogs: 'studio:show-logs',
} as const;
