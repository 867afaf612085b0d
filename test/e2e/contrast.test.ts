import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { darkContrast, darkTokens, lightContrast, lightTokens } from '../../src-renderer/app/theme-tokens.ts';
import { goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-contrast-'));
let studio: Studio;
beforeAll(async () => {
  studio = await openStudio(homeFolder(folder));
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a contrast theme of the system shows what is chosen, switched on or a swatch', async () => {
  const { page } = studio;
  const background = (selector: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
  await goTo(page, 'Settings');
  const ground = await background('body');
  for (const selector of [
    'nav [aria-current="page"]',
    'input[type="radio"]:checked + label',
    'input[role="switch"]:checked + .mantine-Switch-track',
  ])
    expect(await background(selector), selector).not.toBe(ground);
  await goTo(page, 'Train');
  expect(await background('[style*="--memory-0"]')).toBe('rgb(73, 80, 87)');
  await page.emulateMedia({ forcedColors: 'none' });
});

test('text is stronger where the system asks for more contrast', async () => {
  const { page } = studio;
  const dimmed = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--mantine-color-dimmed').trim());
  for (const [colorScheme, plain, strong] of [
    ['light', lightTokens, lightContrast],
    ['dark', darkTokens, darkContrast],
  ] as const) {
    await page.emulateMedia({ colorScheme, contrast: 'no-preference' });
    await expect.poll(dimmed, { timeout: 20_000 }).toBe(plain['--mantine-color-dimmed']);
    await page.emulateMedia({ contrast: 'more' });
    await expect.poll(dimmed, { timeout: 20_000 }).toBe(strong['--mantine-color-dimmed']);
  }
});
