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
import { openDialogs, openParts } from './shown-states.ts';
import { openStudio, type Studio } from './studio.ts';

declare global {
  interface Window {
    axe: typeof import('axe-core');
  }
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Rules whose result depends on the theme; all others are the same in both. */
const colorRules = ['color-contrast', 'link-in-text-block'];
/** Needless here: of the strictest level of WCAG, out of use in axe itself, or never certain. */
const leftOut = new Set(['wcag2aaa', 'deprecated']);

const folder = mkdtempSync(join(tmpdir(), 'coto-accessibility-'));
let studio: Studio;
/** The folders of runs and adapters have their ids for names. */
let ids: { run: string; runs: readonly string[]; adapter: string };
/** For the demo as well: twenty seconds, or minutes where there is no native backend. */
const startMilliseconds = 20 * 60_000;
beforeAll(async () => {
  const home = demoHome(folder);
  const runs = readdirSync(join(home, 'runs'));
  ids = { run: runs[0] ?? '', runs, adapter: readdirSync(join(home, 'adapters'))[0] ?? '' };
  studio = await openStudio(home);
  await studio.page.evaluate(axeSource);
  await studio.page.evaluate((regionMatcher) => {
    window.axe.configure({ checks: [{ id: 'region', options: { regionMatcher } }] });
  }, layers);
}, startMilliseconds);
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Overlays that belong to a control, like dialogs, need no landmark: axe's own list has only dialogs. */
const layers = 'dialog, [role=dialog], [role=alertdialog], [role=menu], [role=tooltip], svg';

/** In the page: whether nothing is on its way to another look. Endless animations, such as a loader, count as still. */
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
  // The window hears of the change before this does: what was shown is gone then.
  await page.evaluate(
    (to) =>
      new Promise<void>((resolve) => {
        if (location.hash === to) return resolve();
        addEventListener('hashchange', () => resolve(), { once: true });
        location.hash = to;
      }),
    hash,
  );
  await settle(page);
}

const themes = [
  ['light', null],
  ['dark', colorRules],
] as const;

async function useTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  // The window learns of the change by an event, in its own time.
  await page.locator(`html[data-mantine-color-scheme="${theme}"]`).waitFor({ state: 'attached' });
}

test.each(themes)('no page breaks a rule, %s', async (theme, only) => {
  const { page } = studio;
  await useTheme(page, theme);
  const found: string[] = [];
  for (const address of [
    ...pageNames.map(({ id }) => `#/${id}`),
    `#/runs/${ids.run}`,
    `#/runs/compare?ids=${ids.runs.join(',')}`,
    `#/adapters/${ids.adapter}`,
    '#/studies/new',
    '#/studies/new/ablation',
    '#/studies/benchmarks',
    '#/studies/benchmarks/new',
    '#/guide/methods/adapters/lora',
  ]) {
    await open(page, address);
    found.push(...(await violations(page, `${address} in ${theme}`, only)));
  }
  expect(found).toEqual([]);
});

test.each(themes)('nothing that is opened on a page breaks a rule, %s', async (theme, only) => {
  const { page } = studio;
  await useTheme(page, theme);
  const found: string[] = [];
  for (const { name, at, show } of openParts(folder, ids)) {
    await open(page, at);
    await show(page);
    await settle(page);
    found.push(...(await violations(page, `${name} in ${theme}`, only)));
    await page.keyboard.press('Escape');
  }
  expect(found).toEqual([]);
});

test.each(themes)('no dialog breaks a rule, %s', async (theme, only) => {
  const { page } = studio;
  await useTheme(page, theme);
  const found: string[] = [];
  for (const { name, at, show } of openDialogs(ids)) {
    await open(page, at);
    await show(page);
    const dialog = page.getByRole('dialog').last();
    await dialog.waitFor();
    found.push(...(await violations(page, `${name} in ${theme}`, only)));
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  }
  expect(found).toEqual([]);
});

test('nothing fades or slides with reduced motion', async () => {
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
  await expect.poll(focused).toBe('H1 Data');
});
