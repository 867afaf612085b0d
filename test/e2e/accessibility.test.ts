import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults, RuleObject } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pageNames } from '../../src-shared/pages.ts';
import { demoHome } from './demo-home.ts';
import { isLoaded } from './is-loaded.ts';
import { openStudio, type Studio } from './studio.ts';

declare global {
  interface Window {
    axe: typeof import('axe-core');
  }
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What depends on the theme; everything else is the same in both. */
const colorRules = ['color-contrast', 'link-in-text-block'];
/** Needless here: of the strictest level of WCAG, out of use in axe itself, or never certain. */
const leftOut = new Set(['wcag2aaa', 'deprecated']);

const folder = mkdtempSync(join(tmpdir(), 'coto-accessibility-'));
let studio: Studio;
/** A run's folder has its id for a name. */
let runId: string;
beforeAll(async () => {
  const home = demoHome(folder);
  runId = readdirSync(join(home, 'runs'))[0] ?? '';
  studio = await openStudio(home);
  await studio.page.evaluate(axeSource);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** In the page: whether nothing is on its way to another look. What turns endlessly, such as a loader, counts as still. */
function isStill(): boolean {
  return document
    .getAnimations()
    .every(({ effect }) => effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY);
}

/** Everything that axe-core finds wrong with what is shown, whatever its impact. */
async function violations(page: Page, what: string, only: readonly string[] | null): Promise<string[]> {
  await page.waitForFunction(isStill);
  const results: AxeResults = await page.evaluate(
    ([rules, excluded]) => {
      const enabled: RuleObject = Object.fromEntries(
        window.axe
          .getRules()
          .filter(({ tags }) => !tags.some((tag) => excluded.includes(tag)))
          .map(({ ruleId }) => [ruleId, { enabled: true }]),
      );
      return window.axe.run(document, {
        resultTypes: ['violations'],
        ...(rules === null ? { rules: enabled } : { runOnly: { type: 'rule', values: [...rules] } }),
      });
    },
    [only, [...leftOut]] as const,
  );
  return results.violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${what}: ${id} (${impact}) at ${target.join(' ')}: ${failureSummary}`),
  );
}

/** Waits until a page is there: its heading, and nothing that stands for what is still loading. */
async function settle(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(isLoaded);
}

async function open(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await settle(page);
}

const dialogs: readonly { name: string; at: string; show: (page: Page) => Promise<void> }[] = [
  { name: 'palette', at: '#/home', show: (page) => page.keyboard.press('Control+k') },
  {
    name: 'shortcuts',
    at: '#/merge',
    show: async (page) => {
      await page.getByRole('heading', { level: 1 }).focus();
      await page.keyboard.press('?');
    },
  },
  {
    name: 'help',
    at: '#/train',
    show: (page) => page.getByRole('button', { name: 'Help: Rank', exact: true }).click(),
  },
  {
    name: 'evaluate',
    at: '#/models',
    show: async (page) => {
      await page.getByRole('option').first().click();
      await page.getByRole('button', { name: /^More actions for/ }).click();
      await page.getByRole('menuitem', { name: 'Evaluate…' }).click();
      await page.getByRole('menu').waitFor({ state: 'detached' });
    },
  },
  { name: 'Hugging Face', at: '#/models', show: (page) => page.getByRole('button', { name: /Hugging Face/ }).click() },
];

test('no page and no dialog breaks a rule, in either theme', async () => {
  const { page } = studio;
  const addresses = [...pageNames.map(({ id }) => `#/${id}`), `#/runs/${runId}`, '#/guide/methods/adapters/lora'];
  const found: string[] = [];
  for (const [theme, only] of [
    ['light', null],
    ['dark', colorRules],
  ] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    // The window learns of the change by an event, in its own time.
    await page.locator(`html[data-mantine-color-scheme="${theme}"]`).waitFor({ state: 'attached' });
    for (const address of addresses) {
      await open(page, address);
      found.push(...(await violations(page, `${address} in ${theme}`, only)));
    }
    for (const { name, at, show } of dialogs) {
      await open(page, at);
      await show(page);
      const dialog = page.getByRole('dialog').last();
      await dialog.waitFor();
      found.push(...(await violations(page, `${name} in ${theme}`, only)));
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
  }
  expect(found).toEqual([]);
});

test('who asked for less motion sees nothing fade or slide', async () => {
  const { page } = studio;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, '#/settings');
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter((element) => getComputedStyle(element).transitionDuration !== '0s')
      .map(({ className }) => String(className)),
  );
  expect(moving).toEqual([]);
});

test('the keyboard skips the sidebar, and a change of page leads it to the heading', async () => {
  const { page } = studio;
  await open(page, '#/home');
  await page.getByRole('button', { name: 'Skip to content' }).focus();
  await page.keyboard.press('Enter');
  const focused = () =>
    page.evaluate(() => `${document.activeElement?.tagName} ${document.activeElement?.textContent}`);
  expect(await focused()).toBe('H1 Home');
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Data', exact: true }).focus();
  await page.keyboard.press('Enter');
  await settle(page);
  expect(await focused()).toBe('H1 Data');
});
