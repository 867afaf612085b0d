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
import { nativeWords } from '../../src-shared/native-words/index.ts';
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
  const { menu: words, roles, pageLabels, commandLabels } = nativeWords();
  const role = (name: keyof typeof roles): MenuItemConstructorOptions => ({ role: name, label: roles[name] });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const go = (label: string, command: string, id: string, keys: string | undefined): MenuItemConstructorOptions => {
    const shown = combinations(changed.get(id) ?? keys).find(isSafeWhileTyping);
    return {
      label,
      ...(shown === undefined ? {} : { accelerator: acceleratorOf(shown) }),
      click: () => send(command),
    };
  };
  const labelOf = (id: string, label: string) => commandLabels[id] ?? label;
  const command = ({ id, label, to, keys }: MenuCommand) => go(labelOf(id, label), to, id, keys);
  const own = ({ id, label, keys, macKeys, isHeardByPage }: WindowCommand): MenuItemConstructorOptions => ({
    ...go(labelOf(id, label), id, id, isMac ? (macKeys ?? keys) : keys),
    ...(isHeardByPage ? { registerAccelerator: false } : {}),
  });
  const template: MenuItemConstructorOptions[] = [
    ...(isMac
      ? [
          {
            role: 'appMenu' as const,
            submenu: [
              { role: 'about' as const, label: words.about },
              separator,
              { role: 'services' as const },
              separator,
              role('hide'),
              role('hideOthers'),
              role('unhide'),
              separator,
              role('quit'),
            ],
          },
        ]
      : []),
    {
      label: words.file,
      submenu: [
        { ...own(windowCommands.newWindow), click: newWindow },
        separator,
        ...fileCommands.flatMap((group) => [...group.map(command), separator]),
        role(isMac ? 'close' : 'quit'),
      ],
    },
    {
      label: words.edit,
      submenu: [
        ...(['undo', 'redo', 'cut', 'copy', 'paste', 'delete', 'selectAll'] as const).map(role),
        separator,
        own(windowCommands.find),
      ],
    },
    {
      label: words.go,
      submenu: [
        ...numberedPages.map((page) => {
          const { id, keys } = pageCommand(page);
          return go(pageLabels[page.id], `/${page.id}`, id, keys);
        }),
        separator,
        own(windowCommands.back),
        own(windowCommands.forward),
        separator,
        own(windowCommands.palette),
      ],
    },
    {
      label: words.view,
      submenu: [
        role('zoomIn'),
        role('zoomOut'),
        role('resetZoom'),
        role('togglefullscreen'),
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' as const }]),
      ],
    },
    {
      role: 'windowMenu',
      label: words.window,
      submenu: [role('minimize'), role('zoom'), ...(isMac ? [separator, role('front')] : [role('close')])],
    },
    {
      role: 'help',
      label: words.help,
      submenu: [
        ...helpCommands.map(command),
        own(windowCommands.tour),
        own(windowCommands.shortcuts),
        { label: words.logs, click: showLogs },
        // On macOS it is in the menu of the app.
        ...(isMac ? [] : [separator, { label: words.about, click: showAbout }]),
      ],
    },
  ];
  return Menu.buildFromTemplate(template);
}

/** "mod+shift+N" → "CmdOrCtrl+Shift+N" */
function acceleratorOf(combination: string): string {
  return combination.replace('mod+', 'CmdOrCtrl+').replace('alt+', 'Alt+').replace('shift+', 'Shift+');
}
