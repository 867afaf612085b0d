import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { computeLabels } from '../../src-shared/domain/app/catalog.ts';
import { pageNames } from '../../src-shared/pages.ts';
import { studyKinds } from '../../src-shared/studies/index.ts';
import { isLoaded } from './is-loaded.ts';
import { homeFolder, openStudio, request, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-languages-'));
let studio: Studio;
beforeAll(async () => {
  studio = await openStudio(homeFolder(folder));
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
