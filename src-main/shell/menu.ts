import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { fileCommands, helpCommands, type MenuCommand } from '../../src-shared/menu-commands.ts';
import { numberedPages } from '../../src-shared/pages.ts';

interface MenuActions {
  /** Sends a command to the window: a route to open, 'palette', 'shortcuts', 'find', 'back' or 'forward'. */
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
  const command = ({ label, to, keys }: MenuCommand) => go(label, to, keys?.replace('mod', 'CmdOrCtrl'));
  const isMac = process.platform === 'darwin';
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        ...fileCommands.flatMap((group) => [...group.map(command), { type: 'separator' as const }]),
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        ...(['undo', 'redo', 'cut', 'copy', 'paste', 'delete', 'selectAll'] as const).map((role) => ({ role })),
        { type: 'separator' },
        go('Find in page…', 'find', 'CmdOrCtrl+F'),
      ],
    },
    {
      label: '&Go',
      submenu: [
        ...numberedPages.map(({ id, label }, index) =>
          go(label, `/${id}`, index < 9 ? `CmdOrCtrl+${index + 1}` : undefined),
        ),
        { type: 'separator' },
        go('Back', 'back', isMac ? 'Cmd+[' : 'Alt+Left'),
        go('Forward', 'forward', isMac ? 'Cmd+]' : 'Alt+Right'),
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
        ...helpCommands.map(command),
        go('Keyboard shortcuts', 'shortcuts', 'CmdOrCtrl+/'),
        { label: 'Show the log folder', click: showLogs },
        // On macOS it is in the menu of the app.
        ...(isMac ? [] : [{ type: 'separator' as const }, { label: 'About CoTo Studio', click: showAbout }]),
      ],
    },
  ];
  return Menu.buildFromTemplate(template);
}
