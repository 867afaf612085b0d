import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { pageNames } from '../../src-shared/pages.ts';

interface MenuActions {
  /** Sends a command to the window: a route to open, 'palette' or 'shortcuts'. */
  send(command: string): void;
  showLogs(): void;
  showAbout(): void;
}

/** The native menu. */
export function buildMenu({ send, showLogs, showAbout }: MenuActions): Menu {
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
        go('Open run from YAML…', '/train?load=yaml', 'CmdOrCtrl+O'),
        { type: 'separator' },
        go('Add text data…', '/data?add=file'),
        go('Add image folder…', '/data?add=folder'),
        go('Add model folder…', '/models?add=folder'),
        go('Import adapter folder…', '/merge?import=folder'),
        go('Import adapter file…', '/merge?import=file'),
        { type: 'separator' },
        go('Settings', '/settings', 'CmdOrCtrl+,'),
        { type: 'separator' },
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&Go',
      submenu: [
        // Settings are in the File menu, the guide in Help, and only the keys 1 to 9 are available: 0 resets the zoom.
        ...pageNames
          .filter(({ id }) => id !== 'settings' && id !== 'guide')
          .map(({ id, label }, index) => go(label, `/${id}`, index < 9 ? `CmdOrCtrl+${index + 1}` : undefined)),
        { type: 'separator' },
        // The page listens for the keys itself.
        { ...go('Search and commands', 'palette', 'CmdOrCtrl+K'), registerAccelerator: false },
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
    {
      role: 'help',
      submenu: [
        go('Guide', '/guide', 'F1'),
        go('Method cards', '/guide/methods/README'),
        go('Keyboard shortcuts', 'shortcuts', 'CmdOrCtrl+/'),
        { label: 'Show the log folder', click: showLogs },
        // On macOS it is in the menu of the app.
        ...(isMac ? [] : [{ type: 'separator' as const }, { label: 'About CoTo Studio', click: showAbout }]),
      ],
    },
  ];
  return Menu.buildFromTemplate(template);
}
