import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { pageNames } from '../../src-shared/pages.ts';

/** The native menu. App items are sent to the window as commands: a route to open, or 'palette'. */
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
        // Settings are in the File menu, and only the keys 1 to 9 are available: 0 resets the zoom.
        ...pageNames
          .filter(({ id }) => id !== 'settings')
          .map(({ id, label }, index) => go(label, `/${id}`, index < 9 ? `CmdOrCtrl+${index + 1}` : undefined)),
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
