import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-typefaces-'));
/** Texts of the page's figures; not of the one that is drawn out of sight as soon as nothing else is to do, in plotly's own typeface. */
const figureText = '.js-plotly-plot:not([aria-hidden="true"]) text';
let studio: Studio;
beforeAll(async () => {
  studio = await openStudio(homeFolder(folder));
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('text is set in the bundled typefaces, and so is the first figure when plotly measures it', async () => {
  const { page, problems } = studio;
  // The text of a figure that is the first in its document, and whether the typeface was there when it was drawn.
  await page.addInitScript((selector) => {
    const watcher = new MutationObserver(() => {
      const text = document.querySelector(selector);
      if (text === null) return;
      const { fontFamily } = getComputedStyle(text);
      const isLoaded = [...document.fonts].some(({ family, status }) => family === 'Inter' && status === 'loaded');
      document.documentElement.dataset['firstFigure'] =
        `${fontFamily.split(',')[0]} ${isLoaded ? 'loaded' : 'missing'}`;
      watcher.disconnect();
    });
    watcher.observe(document, { subtree: true, childList: true });
  }, figureText);
  await page.reload();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  await goTo(page, 'Data');
  await page
    .getByRole('option', { name: /Fashion-MNIST/ })
    .first()
    .click();
  await page.locator(figureText).first().waitFor();
  expect(await page.evaluate(() => document.documentElement.dataset['firstFigure'])).toBe('Inter loaded');
  const families = await page.evaluate(async () => {
    await document.fonts.load('12px "JetBrains Mono"');
    return [...document.fonts].map(({ family, status }) => `${family} ${status}`).sort();
  });
  expect(families).toEqual(['Inter loaded', 'Inter loaded', 'JetBrains Mono loaded']);
  expect(problems).toEqual([]);
});

test('digits are equally wide, so that numbers do not jump as they count', async () => {
  const widths = await studio.page.evaluate(() =>
    ['1111111111', '0000000000', '8888888888'].map((digits) => {
      const element = document.createElement('span');
      element.textContent = digits;
      document.body.append(element);
      const { width } = element.getBoundingClientRect();
      element.remove();
      return width;
    }),
  );
  expect(new Set(widths).size).toBe(1);
});
