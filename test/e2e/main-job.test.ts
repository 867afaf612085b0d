import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { drag, goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-'));
const home = homeFolder(folder);
let studio: Studio;

beforeAll(async () => {
  studio = await openStudio(home);
});
afterEach(() => {
  expect(studio.problems).toEqual([]);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Fills the form and starts it; the window then shows the run. A few steps on a few examples: this is about the way. */
async function train(page: Page, name: string, seed: number, coto: boolean): Promise<void> {
  await goTo(page, 'Train');
  await page.getByLabel('Name', { exact: true }).fill(name);
  const optimization = page.getByRole('region', { name: 'Optimization' });
  const more = optimization.getByRole('button', { name: /^More settings/ });
  if ((await more.getAttribute('aria-expanded')) === 'false') await more.click();
  for (const [field, value] of [
    ['Train samples per class', 4],
    ['Eval samples', 40],
    ['Seed', seed],
    ['Max steps', 6],
    ['Train batch size', 8],
    ['Rank', 4],
  ] as const)
    await page.getByLabel(field, { exact: true }).fill(String(value));
  await optimization.getByLabel('Save steps', { exact: true }).fill('3');
  const toggle = page.getByRole('switch', { name: 'CoTo' });
  if ((await toggle.isChecked()) !== coto) await toggle.click({ force: true });
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByRole('heading', { name, exact: true }).waitFor();
}

async function runIsCompleted(page: Page, name: string): Promise<void> {
  await goTo(page, 'Runs');
  const row = page.getByRole('row').filter({ hasText: name });
  await row.getByText('completed').waitFor();
}

async function openRun(page: Page, name: string): Promise<void> {
  await goTo(page, 'Runs');
  await page.getByRole('row').filter({ hasText: name }).getByText(name).click();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('heading', { name }).waitFor();
}

function namesOnBench(page: Page): Promise<(string | null)[]> {
  return page
    .getByRole('list', { name: 'Adapters on the bench' })
    .getByRole('listitem')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label')));
}

describe('the main job in the window', () => {
  test('a run without and a run with CoTo are trained from the form', async () => {
    const { page } = studio;
    await train(page, 'Plain run', 1, false);
    await train(page, 'CoTo run', 2, true);
    await runIsCompleted(page, 'Plain run');
    await runIsCompleted(page, 'CoTo run');
  });

  test('a run’s page shows its curves, its activation timeline and its log', async () => {
    const { page } = studio;
    await openRun(page, 'CoTo run');
    // Each figure is drawn by plotly into an SVG of its own.
    await page.getByRole('figure', { name: 'Training loss' }).locator('.heatmaplayer image').first().waitFor();
    await page.getByRole('tab', { name: 'Charts' }).click();
    for (const figure of ['Training loss', 'Activation timeline'])
      await page.getByRole('figure', { name: figure }).locator('.main-svg').first().waitFor();
    // Figures below are drawn once they are scrolled into view.
    const below = page.getByRole('figure', { name: 'Gradient norm by layer' });
    await below.scrollIntoViewIfNeeded();
    await below.locator('.heatmaplayer image').first().waitFor();
    await page.getByRole('tab', { name: 'Log' }).click();
    await page
      .getByRole('tabpanel')
      .filter({ hasText: /step|train/i })
      .first()
      .waitFor();
  });

  test('two adapters are merged by drag and drop, and scored', async () => {
    const { page } = studio;
    await goTo(page, 'Merge');
    const shelf = page.getByRole('list', { name: 'Adapter shelf' });
    const bench = page.getByRole('region', { name: 'Merge bench' });
    for (const name of ['Plain run', 'CoTo run']) {
      await drag(page, shelf.getByRole('listitem').filter({ hasText: name }).first(), bench);
      await bench.getByRole('listitem').filter({ hasText: name }).waitFor();
    }
    await drag(page, bench.getByRole('button', { name: /^Move CoTo run/ }), bench.getByRole('listitem').first());
    await expect.poll(() => namesOnBench(page)).toEqual(['CoTo run', 'Plain run']);
    await page.getByLabel('Name of the merge').fill('Both merged');
    await page.getByLabel('Eval examples', { exact: true }).fill('40');
    await page.getByRole('button', { name: /checks? passed$/ }).waitFor();
    await page.getByRole('button', { name: 'Merge', exact: true }).click();
    const matrix = page.getByRole('table', { name: 'Accuracy by task: single adapters, merge and base' });
    await matrix.waitFor();
    expect(await matrix.textContent()).toMatch(/\d/);
    await shelf.getByRole('listitem').filter({ hasText: 'Both merged' }).waitFor();
  });

  test('by keyboard alone: from the shelf to the bench, another order, undone, and merged', async () => {
    const { page } = studio;
    const shelf = page.getByRole('list', { name: 'Adapter shelf' });
    await page.getByRole('button', { name: 'Clear', exact: true }).press('Enter');
    // The newest is first, so that the merge stands before what it was made of.
    await shelf.getByRole('listitem').first().focus();
    for (const key of ['ArrowDown', 'Enter', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    await expect.poll(() => namesOnBench(page)).toEqual(['CoTo run', 'Plain run']);
    await page.getByRole('button', { name: /^Move CoTo run, row 1 of 2/ }).press('ArrowDown');
    await expect.poll(() => namesOnBench(page)).toEqual(['Plain run', 'CoTo run']);
    await page.keyboard.press('Control+z');
    await expect.poll(() => namesOnBench(page)).toEqual(['CoTo run', 'Plain run']);
    await page.getByLabel('Name of the merge').fill('Merged by keyboard');
    const merge = page.getByRole('button', { name: 'Merge', exact: true });
    // A key on a button that is greyed while it is checked does nothing.
    await expect.poll(() => merge.isEnabled()).toBe(true);
    await merge.press('Enter');
    await shelf.getByRole('listitem').filter({ hasText: 'Merged by keyboard' }).waitFor();
  });

  test('an adapter is pruned along a grid, and a point is kept', async () => {
    const { page } = studio;
    await goTo(page, 'Prune');
    await page.getByRole('checkbox', { name: /^CoTo run/ }).check();
    await page.getByRole('region', { name: 'Magnitude', exact: true }).getByLabel('Sparsity grid').fill('0.5');
    await page.getByLabel('Eval examples', { exact: true }).fill('40');
    await page.getByRole('button', { name: 'Run pruning study' }).click();
    const scores = page.getByRole('table', { name: 'All results' });
    await scores.waitFor();
    await expect.poll(() => scores.getByRole('row').count()).toBeGreaterThanOrEqual(3);
    await scores.getByRole('button', { name: /^Save the adapter of .*50/ }).click();
    await goTo(page, 'Merge');
    const shelf = page.getByRole('list', { name: 'Adapter shelf' });
    await expect.poll(() => shelf.getByRole('listitem').count()).toBe(5);
  });

  test('an adapter’s page has its lineage, scores and norms, and leads to an image classified beside the base', async () => {
    const { page } = studio;
    await goTo(page, 'Adapters');
    await page.getByRole('row').filter({ hasText: 'Both merged' }).getByText('Both merged').click();
    await page.getByRole('heading', { name: 'Both merged', exact: true }).waitFor();
    const lineage = page.getByRole('region', { name: 'Lineage' });
    for (const name of ['Plain run', 'CoTo run']) await lineage.getByRole('link', { name }).first().waitFor();
    await page.getByRole('table', { name: 'Scores' }).getByText('merge').waitFor();
    const norms = page.getByRole('figure', { name: 'Update norms' });
    await norms.locator('.heatmaplayer image').first().waitFor();
    // By keyboard from here on.
    await page.getByRole('button', { name: 'Try in Playground' }).press('Enter');
    await page.getByRole('heading', { name: 'Playground', exact: true }).waitFor();
    await page
      .getByRole('button', { name: /, example \d+$/ })
      .first()
      .press('Enter');
    for (const name of ['Base', 'Both merged']) {
      const classes = page.getByRole('list', { name: `Classes of ${name}` }).getByRole('listitem');
      await expect.poll(() => classes.count()).toBe(5);
      expect(await classes.first().textContent()).toMatch(/\d %$/);
    }
  });

  test('restarted on the same home, everything is there', async () => {
    await studio.close();
    studio = await openStudio(home);
    const { page } = studio;
    await goTo(page, 'Runs');
    for (const name of ['Plain run', 'CoTo run'])
      await page.getByRole('row').filter({ hasText: name }).getByText('completed').waitFor();
    await goTo(page, 'Merge');
    const shelf = page.getByRole('list', { name: 'Adapter shelf' });
    for (const name of ['Plain run', 'CoTo run', 'Both merged'])
      await shelf.getByRole('listitem').filter({ hasText: name }).first().waitFor();
    expect(await shelf.getByRole('listitem').count()).toBe(5);
    await goTo(page, 'Prune');
    await page.getByRole('table', { name: 'All results' }).waitFor();
    await goTo(page, 'Studies');
    await page
      .getByRole('row')
      .filter({ hasText: /pruning/i })
      .first()
      .waitFor();
  });

  test('a checkpoint of a run becomes an adapter', async () => {
    const { page } = studio;
    await openRun(page, 'CoTo run');
    await page.getByRole('tab', { name: 'Checkpoints' }).click();
    await page.getByRole('button', { name: 'Actions of the checkpoint at step 3', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Save as adapter' }).click();
    await page.getByText('"CoTo run, step 3" is among your adapters.').waitFor();
    await goTo(page, 'Merge');
    const shelf = page.getByRole('list', { name: 'Adapter shelf' });
    await shelf.getByRole('listitem').filter({ hasText: 'CoTo run, step 3' }).waitFor();
  });
});
