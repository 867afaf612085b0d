import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { combinations, isSafeWhileTyping, type KeyFile } from '../../src-shared/key-file.ts';
import {
  fileCommands,
  helpCommands,
  type MenuCommand,
  pageCommand,
  type WindowCommand,
  windowCommands,
} from '../../src-shared/menu-commands.ts';
import { numberedPages } from '../../src-shared/pages.ts';

interface MenuActions {
  /** The keys that the person changed. */
  readonly keys: KeyFile['keys'];
  /** Sends a command to the window: a route to open, or the id of one of `windowCommands`. */
  send(command: string): void;
  newWindow(): void;
  showLogs(): void;
  showAbout(): void;
}

/** The native menu. */
export function buildMenu({ keys: changed, send, newWindow, showLogs, showAbout }: MenuActions): Menu {
  const isMac = process.platform === 'darwin';
  const go = (label: string, command: string, id: string, keys: string | undefined): MenuItemConstructorOptions => {
    const shown = combinations(changed.get(id) ?? keys).find(isSafeWhileTyping);
    return {
      label,
      ...(shown === undefined ? {} : { accelerator: acceleratorOf(shown) }),
      click: () => send(command),
    };
  };
  const command = ({ id, label, to, keys }: MenuCommand) => go(label, to, id, keys);
  const own = ({ id, label, keys, macKeys, isHeardByPage }: WindowCommand): MenuItemConstructorOptions => ({
    ...go(label, id, id, isMac ? (macKeys ?? keys) : keys),
    ...(isHeardByPage ? { registerAccelerator: false } : {}),
  });
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        { ...own(windowCommands.newWindow), click: newWindow },
        { type: 'separator' },
        ...fileCommands.flatMap((group) => [...group.map(command), { type: 'separator' as const }]),
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        ...(['undo', 'redo', 'cut', 'copy', 'paste', 'delete', 'selectAll'] as const).map((role) => ({ role })),
        { type: 'separator' },
        own(windowCommands.find),
      ],
    },
    {
      label: '&Go',
      submenu: [
        ...numberedPages.map((page) => {
          const { id, keys } = pageCommand(page);
          return go(page.label, `/${page.id}`, id, keys);
        }),
        { type: 'separator' },
        own(windowCommands.back),
        own(windowCommands.forward),
        { type: 'separator' },
        own(windowCommands.palette),
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
        own(windowCommands.tour),
        own(windowCommands.shortcuts),
        { label: 'Show the log folder', click: showLogs },
        // On macOS it is in the menu of the app.
        ...(isMac ? [] : [{ type: 'separator' as const }, { label: 'About CoTo Studio', click: showAbout }]),
      ],
    },
  ];
  return Menu.buildFromTemplate(template);
}

/** "mod+shift+N" → "CmdOrCtrl+Shift+N" */
function acceleratorOf(combination: string): string {
  return combination.replace('mod+', 'CmdOrCtrl+').replace('alt+', 'Alt+').replace('shift+', 'Shift+');
}
