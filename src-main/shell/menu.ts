import { app, Menu, type MenuItemConstructorOptions } from 'electron';

/** The native menu. What belongs to the app goes to the window as a command: a route to open, or 'palette'. */
export function buildMenu(send: (command: string) => void, showLogs: () => void): Menu {
  const go = (label: string, command: string, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    ...(accelerator === undefined ? {} : { accelerator }),
    click: () => send(command),
  });
  const isMac = process.platform === 'darwin';
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        go('New run', '/train', 'CmdOrCtrl+N'),
        go('Settings', '/settings', 'CmdOrCtrl+,'),
        { type: 'separator' },
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&Go',
      submenu: [
        go('Home', '/home', 'CmdOrCtrl+1'),
        go('Data', '/data', 'CmdOrCtrl+2'),
        go('Models', '/models', 'CmdOrCtrl+3'),
        go('Train', '/train', 'CmdOrCtrl+4'),
        go('Runs', '/runs', 'CmdOrCtrl+5'),
        go('Merge', '/merge', 'CmdOrCtrl+6'),
        go('Prune', '/prune', 'CmdOrCtrl+7'),
        go('Studies', '/studies', 'CmdOrCtrl+8'),
        go('Reports', '/reports', 'CmdOrCtrl+9'),
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'resetZoom' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' as const }]),
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [{ label: 'Show the log folder', click: showLogs }] },
  ];
  return Menu.buildFromTemplate(template);
}
