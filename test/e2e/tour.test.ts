import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { homeFolder, openStudio, request } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-tour-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A start as a person does it, on no page. */
const asPerson = { address: [] };
const titles = ['Your data', 'A base model', 'Set up a run', 'See what came out'];

/** Area that the card covers of its target, in square pixels, and if the card leaves the window. */
const covered = (page: Page): Promise<{ shared: number; outside: boolean }> =>
  page.evaluate(() => {
    const spot = document.querySelector('[data-tour-spot]')?.getBoundingClientRect() ?? new DOMRect();
    const card = document.querySelector('[role="dialog"]')?.getBoundingClientRect() ?? new DOMRect();
    const width = Math.min(spot.right, card.right) - Math.max(spot.left, card.left);
    const height = Math.min(spot.bottom, card.bottom) - Math.max(spot.top, card.top);
    return {
      shared: spot.width === 0 ? -1 : Math.max(0, width) * Math.max(0, height),
      outside: card.left < 0 || card.top < 0 || card.right > window.innerWidth || card.bottom > window.innerHeight,
    };
  });

test('a new home shows the tour once, by keyboard alone, and it covers nothing that it explains', async () => {
  const home = homeFolder(folder);
  const first = await openStudio(home, [], asPerson);
  try {
    const { page, app } = first;
    app.context().setDefaultTimeout(60_000);
    await app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      window?.setContentSize(1100, 700);
    });
    for (const zoom of [1, 1.5]) {
      await app.evaluate(({ BrowserWindow }, factor) => {
        BrowserWindow.getAllWindows()[0]?.webContents.setZoomFactor(factor);
      }, zoom);
      if (zoom > 1)
        await app.evaluate(({ Menu }) => {
          const items = Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items ?? []) ?? [];
          items.find(({ label }) => label === 'Tour of the window')?.click();
        });
      for (const [at, title] of titles.entries()) {
        const card = page.getByRole('dialog', { name: `Tour · ${at + 1} of 4 ${title}` });
        await card.waitFor();
        // Focus makes a screen reader read the card.
        await expect
          .poll(() => card.evaluate((element) => element === document.activeElement), { timeout: 60_000 })
          .toBe(true);
        await page.locator('[data-tour-spot]').waitFor();
        await expect.poll(() => covered(page), { timeout: 60_000 }).toEqual({ shared: 0, outside: false });
        const buttons =
          at === 0 ? ['Skip the tour', 'Next'] : at === 3 ? ['Back', 'Done'] : ['Skip the tour', 'Back', 'Next'];
        for (const name of buttons) {
          await page.keyboard.press('Tab');
          expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(name);
        }
        await page.keyboard.press('Enter');
      }
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await page.getByRole('heading', { name: 'Home', exact: true }).first().waitFor();
    }
    expect((await request(page, 'settings.get', {})).tour_shown).toBe(true);
    expect(first.problems).toEqual([]);
  } finally {
    await first.close();
  }
  const second = await openStudio(home, [], asPerson);
  try {
    await second.page.getByText('Get started').first().waitFor();
    await second.page.waitForTimeout(2000);
    expect(await second.page.getByRole('dialog').count()).toBe(0);
    await second.page.keyboard.press('Control+k');
    await second.page.getByPlaceholder('Go to a page, run, adapter or action').fill('tour of the');
    await second.page.keyboard.press('Enter');
    const card = second.page.getByRole('dialog', { name: 'Tour · 1 of 4 Your data' });
    await card.waitFor();
    await second.page.keyboard.press('Escape');
    await card.waitFor({ state: 'hidden' });
    await second.page.getByRole('heading', { name: 'Home', exact: true }).first().waitFor();
  } finally {
    await second.close();
  }
});

test('a window that is opened on a page does not start the tour', async () => {
  const studio = await openStudio(homeFolder(mkdtempSync(join(folder, 'page-'))));
  try {
    await studio.page.waitForTimeout(2000);
    expect(await studio.page.getByRole('dialog').count()).toBe(0);
    expect((await request(studio.page, 'settings.get', {})).tour_shown).toBe(false);
  } finally {
    await studio.close();
  }
});
