import type { MenuItemConstructorOptions } from 'electron';
import { afterEach, expect, test, vi } from 'vitest';
import { buildMenu } from '../../src-main/shell/menu.ts';
import { setNativeLanguage } from '../../src-shared/native-words/index.ts';
import { numberedPages, pageNames } from '../../src-shared/pages.ts';

vi.mock('electron', () => ({
  app: { isPackaged: true },
  Menu: { buildFromTemplate: (template: MenuItemConstructorOptions[]) => template },
}));

afterEach(() => setNativeLanguage('en-US'));

/** The items of a menu that do something, and what they have done so far. */
function itemsOf(isMenu: (menu: MenuItemConstructorOptions) => boolean, keys = new Map<string, string>()) {
  const done: string[] = [];
  const template: unknown = buildMenu({
    keys,
    newWindow: () => done.push('new window'),
    send: (command) => done.push(command),
    showLogs: () => done.push('logs'),
    showAbout: () => done.push('about'),
  });
  const menus = Array.isArray(template) ? template : [];
  const items: (MenuItemConstructorOptions & { click(): void })[] = menus.find(isMenu)?.submenu ?? [];
  return { items: items.filter((item) => item.click !== undefined), done };
}

test('the Go menu opens every page of the rail but Settings and the guide, by the keys 1 to 9, and the palette', () => {
  const { items, done } = itemsOf(({ label }) => label === '&Go');
  for (const item of items) item.click();
  expect(done).toEqual([
    ...pageNames.filter(({ id }) => id !== 'settings' && id !== 'guide').map(({ id }) => `/${id}`),
    'back',
    'forward',
    'palette',
  ]);
  expect(done).toContain('/playground');
  const keys = items.map(({ accelerator }) => accelerator ?? null);
  expect(keys.slice(0, 9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) => `CmdOrCtrl+${key}`));
  const history = process.platform === 'darwin' ? ['CmdOrCtrl+[', 'CmdOrCtrl+]'] : ['Alt+Left', 'Alt+Right'];
  expect(keys.slice(9)).toEqual([...numberedPages.slice(9).map(() => null), ...history, 'CmdOrCtrl+K']);
});

test('the File menu opens and imports what the pages take', () => {
  const { items, done } = itemsOf(({ label }) => label === '&File');
  for (const item of items) item.click();
  expect(done).toEqual([
    'new window',
    '/train',
    '/train?load=yaml',
    '/data?add=file',
    '/data?add=folder',
    '/models?add=folder',
    '/merge?import=folder',
    '/merge?import=file',
    '/runs?import=folder',
    '/runs?import=file',
    '/settings',
  ]);
});

test('the keys that a person changed are those of the menu', () => {
  const keys = new Map([
    ['new-run', 'mod+alt+shift+Left'],
    ['settings', ''],
    // A bare character would be typed: the page listens for it.
    ['shortcuts', '?'],
    ['palette', 'F4'],
    ['page-runs', 'F6'],
  ]);
  const accelerators = (isMenu: (menu: MenuItemConstructorOptions) => boolean) =>
    new Map(itemsOf(isMenu, keys).items.map(({ label, accelerator }) => [label, accelerator]));
  const file = accelerators(({ label }) => label === '&File');
  expect(file.get('New run')).toBe('CmdOrCtrl+Alt+Shift+Left');
  expect(file.get('Settings')).toBeUndefined();
  expect(file.get('Open run from YAML…')).toBe('CmdOrCtrl+O');
  const go = accelerators(({ label }) => label === '&Go');
  expect([go.get('Runs'), go.get('Search and commands'), go.get('Data')]).toEqual(['F6', 'F4', 'CmdOrCtrl+2']);
  expect(accelerators(({ role }) => role === 'help').get('Keyboard shortcuts')).toBeUndefined();
});

test('the Help menu leads to the guide, the tour, the shortcuts, the logs and the version', () => {
  const { items, done } = itemsOf(({ role }) => role === 'help');
  for (const item of items) item.click();
  const commands = ['/guide', '/guide/methods/README', 'tour', 'shortcuts', 'logs'];
  expect(done).toEqual(process.platform === 'darwin' ? commands : [...commands, 'about']);
  expect(items[0]?.accelerator).toBe('F1');
});

test('the menu is in the language that was set last, with the same keys', () => {
  setNativeLanguage('fr');
  const { items, done } = itemsOf(({ label }) => label === '&Fichier');
  expect(items.slice(0, 2).map(({ label, accelerator }) => [label, accelerator])).toEqual([
    ['Nouvelle fenêtre', 'CmdOrCtrl+Shift+N'],
    ['Nouveau run', 'CmdOrCtrl+N'],
  ]);
  items[1]?.click();
  expect(done).toEqual(['/train']);
});
