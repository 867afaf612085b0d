import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { computeLabels } from '../../src-shared/domain/app/catalog.ts';
import { pageNames } from '../../src-shared/pages.ts';
import { studyKinds } from '../../src-shared/studies/index.ts';
import { isLoaded } from './is-loaded.ts';
import { homeFolder, launchStudio, openStudio, request, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-languages-'));
const home = homeFolder(folder);
let studio: Studio;
beforeAll(async () => {
  studio = await openStudio(home);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Chooses a language as the settings do, and waits for the page that is loaded again. */
async function choose(page: Page, language: string): Promise<void> {
  const loaded = page.waitForEvent('load');
  await page.evaluate((id) => window.coto.language.choose(id), language);
  await loaded;
  await page.locator('nav').first().waitFor();
  await page.waitForFunction((id) => document.documentElement.lang === id, language);
}

async function open(page: Page, id: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = `#/${to}`;
  }, id);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(isLoaded);
}

/** In the page: words in sight, in hovers and in labels that have no brackets around them, and clipped texts. */
function faults(): { plain: string[]; clipped: string[] } {
  const plain = new Set<string>();
  const isWord = (text: string) => /\p{L}{2}/u.test(text) && !/[⟦⟧]/.test(text);
  const skipped = 'code, pre, kbd, style, script';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { textContent, parentElement } = walker.currentNode;
    const text = textContent?.trim() ?? '';
    if (isWord(text) && parentElement?.checkVisibility() && !parentElement.closest(skipped)) plain.add(text);
  }
  for (const name of ['aria-label', 'title', 'placeholder'])
    for (const element of document.querySelectorAll(`[${name}]`)) {
      const text = element.getAttribute(name) ?? '';
      if (isWord(text) && element.checkVisibility()) plain.add(text);
    }
  const clipped = [...document.querySelectorAll<HTMLElement>('button, a, h1, h2, label, nav *')]
    .filter((element) => {
      // Hidden until it is focused, like the link that skips to the content.
      if (element.clientWidth <= 1) return false;
      const { overflowX, textOverflow } = getComputedStyle(element);
      return overflowX === 'hidden' && textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth + 1;
    })
    .map(({ textContent }) => textContent ?? '');
  return { plain: [...plain], clipped };
}

/** Pages whose words are the window's own; the others show declared settings, files, machines and documents, which stay English. */
const own = pageNames.filter(({ id }) => !['train', 'data', 'models', 'playground', 'guide', 'settings'].includes(id));

test('every page of the window is translated, and fits in 1100 × 700 where words are longer by 40 %', async () => {
  const { page, app } = studio;
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(1100, 700));
  await choose(page, 'en-XA');
  const datasets = await request(page, 'datasets.list', {});
  const found: Record<string, string[]> = {};
  for (const { id } of own) {
    await open(page, id);
    const { plain, clipped } = await page.evaluate(faults);
    const left = plain.filter((text) => !isAllowed(text, datasets));
    if (left.length + clipped.length > 0) found[id] = [...left, ...clipped.map((text) => `clipped: ${text}`)];
  }
  expect(found).toEqual({});
  expect(studio.problems).toEqual([]);
});

/** Names that people or declarations gave, quantities with their units, keys, and addresses. */
function isAllowed(text: string, datasets: readonly { readonly name: string }[]): boolean {
  const names = [
    ...datasets.flatMap(({ name }) => name),
    ...studyKinds.map(({ declaration }) => declaration.label),
    // In the status bar once something has been computed.
    ...Object.values(computeLabels),
    ...['Ctrl K', 'CoTo Studio', 'LoRA', 'quickdraw-vit', 'small-llama'],
  ];
  return names.some((name) => text.includes(name)) || /^[\d.,\s–]+ (GiB|MiB|KiB|GB|MB|kB|B|s|min|h)$/.test(text);
}

test('the language is chosen in the settings, is kept, and turns the page where it is read from the right', async () => {
  const { page } = studio;
  await choose(page, 'en-XB');
  expect(await page.evaluate(() => document.documentElement.dir)).toBe('rtl');
  const rail = await page.locator('nav').first().boundingBox();
  expect(rail?.x).toBeGreaterThan(500);
  await choose(page, 'en-US');
  expect(await page.evaluate(() => document.documentElement.dir)).toBe('ltr');
  await open(page, 'settings');
  await page.getByRole('combobox', { name: 'Language' }).waitFor();
  expect(await page.getByRole('navigation', { name: 'Pages' }).textContent()).toContain('Playground');
});

/** Labels of the native menu bar, and the entries of all its menus with their keys. */
const menuOf = (app: ElectronApplication) =>
  app.evaluate(({ Menu }) => {
    const menus = Menu.getApplicationMenu()?.items ?? [];
    const entries = menus.flatMap(({ submenu }) => submenu?.items ?? []);
    return {
      bar: menus.map(({ label }) => label),
      labels: entries.filter(({ type }) => type !== 'separator').map(({ label }) => label),
      keys: entries.map(({ accelerator }) => accelerator),
    };
  });

test('the settings change the native menu without a restart', async () => {
  const { app, page } = studio;
  const id = await app.evaluate(() => process.pid);
  const before = await menuOf(app);
  expect(before.bar).toEqual(['&File', '&Edit', '&Go', '&View', '&Window', '&Help']);
  expect(before.labels).toContain('New run');
  await open(page, 'settings');
  await page.getByRole('combobox', { name: 'Language' }).click();
  const loaded = page.waitForEvent('load');
  await page.getByRole('option', { name: 'Deutsch' }).click();
  await loaded;
  await page.getByRole('heading', { name: 'Einstellungen', level: 1 }).waitFor();
  const after = await menuOf(app);
  expect(after.bar).toEqual(['&Datei', '&Bearbeiten', '&Gehe zu', '&Ansicht', '&Fenster', '&Hilfe']);
  expect(after.keys).toEqual(before.keys);
  // Loanwords, and an entry that the packed app does not have.
  const same = ['Merge', 'Playground', 'Toggle Developer Tools'];
  expect(after.labels.filter((label) => before.labels.includes(label))).toEqual(same);
  expect(await app.evaluate(() => process.pid)).toBe(id);
  await app.evaluate(({ Menu }) => {
    const entries = Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items ?? []) ?? [];
    entries.find(({ label }) => label === 'Läufe')?.click();
  });
  await page.getByRole('heading', { name: 'Läufe', level: 1 }).waitFor();
  expect(readFileSync(join(home, 'language.txt'), 'utf8')).toBe('de\n');
});

test('the next start has the menu in the chosen language, and a new home in that of the system', async () => {
  await studio.close();
  for (const [place, system, file] of [
    [home, 'en_US', '&Datei'],
    [join(folder, 'new'), 'fr_FR', '&Fichier'],
  ] as const) {
    const app = await launchStudio(place, undefined, { LANG: `${system}.UTF-8`, LANGUAGE: system, LC_ALL: '' });
    await app.firstWindow({ timeout: 120_000 });
    expect((await menuOf(app)).bar[0]).toBe(file);
    await app.close();
  }
});
