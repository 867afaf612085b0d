import type { MenuItemConstructorOptions } from 'electron';
import { expect, test, vi } from 'vitest';
import { buildMenu } from '../../src-main/shell/menu.ts';
import { numberedPages, pageNames } from '../../src-shared/pages.ts';

vi.mock('electron', () => ({
  app: { isPackaged: true },
  Menu: { buildFromTemplate: (template: MenuItemConstructorOptions[]) => template },
}));

/** The items of a menu that do something, and what they have done so far. */
function itemsOf(isMenu: (menu: MenuItemConstructorOptions) => boolean) {
  const done: string[] = [];
  const template: unknown = buildMenu({
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
  const history = process.platform === 'darwin' ? ['Cmd+[', 'Cmd+]'] : ['Alt+Left', 'Alt+Right'];
  expect(keys.slice(9)).toEqual([...numberedPages.slice(9).map(() => null), ...history, 'CmdOrCtrl+K']);
});

test('the File menu opens and imports what the pages take', () => {
  const { items, done } = itemsOf(({ label }) => label === '&File');
  for (const item of items) item.click();
  expect(done).toEqual([
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

test('the Help menu leads to the guide, the shortcuts, the logs and the version', () => {
  const { items, done } = itemsOf(({ role }) => role === 'help');
  for (const item of items) item.click();
  const commands = ['/guide', '/guide/methods/README', 'shortcuts', 'logs'];
  expect(done).toEqual(process.platform === 'darwin' ? commands : [...commands, 'about']);
  expect(items[0]?.accelerator).toBe('F1');
});
