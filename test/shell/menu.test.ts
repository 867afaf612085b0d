import type { MenuItemConstructorOptions } from 'electron';
import { expect, test, vi } from 'vitest';
import { buildMenu } from '../../src-main/shell/menu.ts';
import { pageNames } from '../../src-shared/pages.ts';

vi.mock('electron', () => ({
  app: { isPackaged: true },
  Menu: { buildFromTemplate: (template: MenuItemConstructorOptions[]) => template },
}));

test('the Go menu opens every page of the rail but Settings, by the keys 1 to 9', () => {
  const sent: string[] = [];
  const template: unknown = buildMenu(
    (command) => sent.push(command),
    () => undefined,
  );
  const menus = Array.isArray(template) ? template : [];
  const go = menus.find(({ label }) => label === '&Go')?.submenu ?? [];
  for (const { click } of go) click();
  expect(sent).toEqual(pageNames.filter(({ id }) => id !== 'settings').map(({ id }) => `/${id}`));
  expect(sent).toContain('/playground');
  const keys = go.map(({ accelerator }: MenuItemConstructorOptions) => accelerator ?? null);
  expect(keys.slice(0, 9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) => `CmdOrCtrl+${key}`));
  expect(keys.slice(9)).toEqual([null]);
});
