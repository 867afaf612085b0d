import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { goTo, homeFolder, openStudio, request, type Studio } from './studio.ts';

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

test('a figure fills the window from the keyboard, and Escape leaves it', async () => {
  const { page } = studio;
  await page.evaluate(() => {
    window.location.hash = '#/data/fashion-mnist-small';
  });
  const button = page.getByRole('button', { name: /^Show the figure ".*" in full screen$/ }).first();
  await button.focus();
  const name = /"(.*)"/.exec((await button.getAttribute('aria-label')) ?? '')?.[1] ?? '';
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name });
  const plot = dialog.locator('.main-svg').first();
  await plot.waitFor();
  const box = await plot.boundingBox();
  const view = await page.evaluate(() => ({ width: window.innerWidth, height: window.innerHeight }));
  expect(box?.width).toBeGreaterThan(view.width * 0.9);
  expect(box?.height).toBeGreaterThan(view.height * 0.6);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
});

test('a second window is as closed as the first, gets the same events, and closing it ends nothing', async () => {
  const { app, page } = studio;
  await goTo(page, 'Data');
  const opened = app.waitForEvent('window', { timeout: 60_000 });
  await app.evaluate(({ Menu }) => {
    const items = Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items ?? []) ?? [];
    items.find(({ label }) => label === 'New window')?.click();
  });
  const second = await opened;
  await second.getByRole('heading', { name: 'Data', exact: true }).first().waitFor();
  const settings = await app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map(({ webContents }) => {
      // Electron's types leave it out.
      const { sandbox, contextIsolation, nodeIntegration, webviewTag } = Reflect.get(
        webContents,
        'getLastWebPreferences',
      ).call(webContents);
      return { sandbox, contextIsolation, nodeIntegration, webviewTag };
    }),
  );
  const closed = { sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false };
  expect(settings).toEqual([closed, closed]);
  expect(
    await second.evaluate(() => [typeof Reflect.get(window, 'require'), window.open('https://example.org')]),
  ).toEqual(['undefined', null]);
  // A setting of one is at once that of the other.
  await request(second, 'settings.set', { theme: 'dark' });
  for (const window of [page, second])
    await expect.poll(() => window.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark');
  await request(second, 'settings.set', { theme: 'system' });
  // A reply goes to the window that asked alone.
  for (const each of [page, second])
    await each.evaluate(() => {
      const seen: unknown[] = [];
      Reflect.set(window, 'seenFrames', seen);
      window.coto.on((message) => seen.push(message));
    });
  await request(second, 'app.doctor', {});
  const doctorReplies = (window: Page): Promise<number> =>
    window.evaluate(
      () =>
        Reflect.get(window, 'seenFrames').filter((frame: { r?: { value?: unknown } }) =>
          JSON.stringify(frame.r?.value ?? '').includes('"home":'),
        ).length,
    );
  expect([await doctorReplies(second), await doctorReplies(page)]).toEqual([1, 0]);
  await goTo(second, 'Runs');
  expect(page.url()).toContain('/data');
  await second.close();
  await expect.poll(() => app.windows().length).toBe(1);
  expect((await request(page, 'app.doctor', {})).home).toBe(home);
  expect(studio.problems).toEqual([]);
});

test('a figure is dragged out as a file', async () => {
  const { app, page } = studio;
  // The system's own drag waits for a person.
  await app.evaluate(({ BrowserWindow }) => {
    for (const { webContents } of BrowserWindow.getAllWindows())
      webContents.startDrag = ({ file, icon }) =>
        Reflect.set(globalThis, 'draggedOut', [file, typeof icon === 'object' && icon.isEmpty()]);
  });
  const drag = async (held: { shiftKey?: boolean; altKey?: boolean }): Promise<string> => {
    await app.evaluate(() => Reflect.set(globalThis, 'draggedOut', null));
    await page
      .getByTitle(/^Drag the figure out/)
      .first()
      .evaluate((handle, keys) => {
        handle.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, ...keys }));
        handle.dispatchEvent(new DragEvent('dragstart', { bubbles: true, cancelable: true, ...keys }));
      }, held);
    await expect.poll(() => app.evaluate(() => Reflect.get(globalThis, 'draggedOut'))).toBeTruthy();
    const [file, isEmpty] = await app.evaluate(() => Reflect.get(globalThis, 'draggedOut'));
    expect(isEmpty).toBe(false);
    return file;
  };
  await page.evaluate(() => {
    window.location.hash = '#/data/fashion-mnist-small';
  });
  await page.locator('.main-svg').first().waitFor();
  expect(
    readFileSync(await drag({}))
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG');
  const svg = await drag({ shiftKey: true });
  expect(svg).toMatch(/class-balance-of-fashion-mnist-small\.svg$/);
  expect(readFileSync(svg, 'utf8')).toMatch(/^<svg/);
  expect(readFileSync(await drag({ altKey: true }), 'utf8')).toContain('T-shirt/top,');
});
