import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-window-'));
const home = homeFolder(folder);
const keyFile = join(home, 'keys.txt');
let studio: Studio;
beforeAll(async () => {
  studio = await openStudio(home);
  studio.app.context().setDefaultTimeout(60_000);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

const accelerator = (label: string): Promise<string | null> =>
  studio.app.evaluate(({ Menu }, name) => {
    const items = Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items ?? []) ?? [];
    return items.find((item) => item.label === name)?.accelerator ?? null;
  }, label);

test('changed keys work, are in the menu and in the key file, and a bad line is named', async () => {
  const { page } = studio;
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await dialog.getByLabel('Search actions and keys').fill('new run');
  await dialog.getByRole('button', { name: 'Change the keys of New run' }).click();
  await page.keyboard.press('Escape');
  await dialog.getByRole('button', { name: 'Change the keys of New run' }).click();
  await page.keyboard.press('Control+Shift+R');
  await dialog.getByText('Ctrl', { exact: true }).waitFor();
  await expect.poll(() => accelerator('New run')).toBe('CmdOrCtrl+Shift+R');
  await dialog.getByLabel('Search actions and keys').fill('search and');
  await dialog.getByRole('button', { name: 'Change the keys of Search and commands' }).press('Enter');
  await page.keyboard.press('F4');
  await expect.poll(() => readFileSync(keyFile, 'utf8')).toContain('new-run: Ctrl+Shift+R\npalette: F4\n');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await page.keyboard.press('F4');
  const palette = page.getByRole('dialog', { name: 'Command palette' });
  await palette.waitFor();
  await page.keyboard.press('Escape');
  await palette.waitFor({ state: 'hidden' });
  // A person edits the file; the dialog reads it again.
  writeFileSync(keyFile, 'new-run: Ctrl+Shift+Y\nnew-run = F3\n');
  await page.keyboard.press('?');
  await dialog.getByText('Line 2: "new-run = F3" is not an id, a colon and keys').waitFor();
  await expect.poll(() => accelerator('New run')).toBe('CmdOrCtrl+Shift+Y');
  await dialog.getByRole('button', { name: 'Reset all' }).click();
  await expect.poll(() => accelerator('New run')).toBe('CmdOrCtrl+N');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
});
