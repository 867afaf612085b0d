import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { dropFile } from './studio.ts';

/** State of a page after something was opened on it. */
export interface ShownState {
  readonly name: string;
  /** Address of its page. */
  readonly at: string;
  readonly show: (page: Page) => Promise<void>;
}

/** Ids of what the home has, for addresses. */
interface HomeIds {
  readonly run: string;
  readonly adapter: string;
}

/** The dialogs, each open. */
export function openDialogs({ run, adapter }: HomeIds): readonly ShownState[] {
  return [
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
    { name: 'base', at: '#/train', show: (page) => setupStep(page, 0) },
    { name: 'dataset', at: '#/train', show: (page) => setupStep(page, 1) },
    { name: 'recipe', at: '#/train', show: (page) => setupStep(page, 2) },
    { name: 'sweep', at: '#/train', show: (page) => page.getByRole('button', { name: 'Sweep…' }).click() },
    { name: 'evaluate', at: '#/models', show: (page) => chooseFor(page, 'quickdraw-vit', 'Evaluate…') },
    { name: 'quantize', at: '#/models', show: (page) => chooseFor(page, 'small-llama', 'Quantize…') },
    { name: 'add tokens', at: '#/models', show: (page) => chooseFor(page, 'small-llama', 'Add tokens…') },
    {
      name: 'Hugging Face',
      at: '#/models',
      show: (page) => page.getByRole('button', { name: /Hugging Face/ }).click(),
    },
    { name: 'delete a run', at: `#/runs/${run}`, show: (page) => choose(page, /^Delete/) },
    { name: 'rename an adapter', at: `#/adapters/${adapter}`, show: (page) => choose(page, 'Rename…') },
    {
      name: 'runtime compatibility',
      at: `#/adapters/${adapter}`,
      show: (page) => choose(page, 'Runtime compatibility…'),
    },
    { name: 'prune or resize', at: `#/adapters/${adapter}`, show: (page) => choose(page, 'Prune or resize…') },
    { name: 'export', at: `#/adapters/${adapter}`, show: (page) => choose(page, /^Merged model/) },
    {
      name: 'evaluate an adapter',
      at: `#/adapters/${adapter}`,
      show: (page) => page.getByRole('button', { name: 'Evaluate on…' }).first().click(),
    },
    {
      name: 'values of a figure',
      at: `#/runs/${run}`,
      show: async (page) => {
        await page
          .getByRole('button', { name: /^Copy or save the figure/ })
          .first()
          .click();
        await page.getByRole('menuitem', { name: 'Show values' }).click();
      },
    },
    {
      name: 'chat template',
      at: '#/playground',
      show: async (page) => {
        await page.getByText('Chat', { exact: true }).click();
        await page.getByRole('button', { name: 'Preview and edit…' }).click();
      },
    },
    {
      name: 'new report',
      at: '#/reports',
      show: (page) => page.getByRole('button', { name: 'Create report' }).click(),
    },
    {
      name: 'diagnostics',
      at: '#/settings',
      show: (page) => page.getByRole('button', { name: 'Collect diagnostics…' }).click(),
    },
  ];
}

/** Returns states of pages without a dialog, after some action. */
export function openParts(folder: string, { run, adapter }: HomeIds): readonly ShownState[] {
  return [
    ...['Charts', 'Samples', 'Config', 'Checkpoints', 'Log'].map((tab) => ({
      name: `${tab} of a run`,
      at: `#/runs/${run}`,
      show: (page: Page) => page.getByRole('tab', { name: tab }).click(),
    })),
    {
      name: 'menu of an adapter',
      at: `#/adapters/${adapter}`,
      show: async (page) => {
        await page.getByRole('button', { name: 'More actions' }).click();
        await page.getByRole('menuitem', { name: 'Rename…' }).waitFor();
      },
    },
    {
      name: 'duplicates',
      at: '#/data',
      show: async (page) => {
        await page.getByRole('option').filter({ hasText: 'Fashion-MNIST (small)' }).click();
        const compare = page.getByRole('button', { name: 'Find duplicates' });
        // Compared in the theme before.
        if (await compare.isVisible()) await compare.click();
        await page.getByRole('button', { name: 'Compare again' }).waitFor();
      },
    },
    {
      name: 'import with its preview',
      at: '#/data',
      show: async (page) => {
        const reviews = join(folder, 'reviews.csv');
        writeFileSync(reviews, 'review,verdict\ngood film,good\nbad film,bad\n,bad\n');
        await dropFile(page, reviews);
        await page.getByRole('list', { name: 'Tokens' }).waitFor();
      },
    },
    {
      name: 'bench',
      at: '#/merge',
      show: async (page) => {
        // Adapters already on the bench cannot be added again.
        for (const adder of await page.getByRole('button', { name: /^Add .* to the bench$/ }).all())
          if (await adder.isEnabled()) await adder.click();
        await page.getByRole('list', { name: 'Adapters on the bench' }).waitFor();
      },
    },
    {
      name: 'selected runs',
      at: '#/runs',
      show: async (page) => {
        await page.getByRole('table', { name: 'Runs' }).getByRole('checkbox', { name: 'Select all' }).check();
        await page.getByRole('toolbar', { name: 'Actions for the selected runs' }).waitFor();
      },
    },
  ];
}

function setupStep(page: Page, place: number): Promise<void> {
  return page.getByRole('list', { name: 'Setup' }).getByRole('button').nth(place).click();
}

/** From the menu of the page. */
async function choose(page: Page, item: string | RegExp): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: item }).click();
  await page.getByRole('menu').waitFor({ state: 'detached' });
}

/** From the menu of a base in the list. */
async function chooseFor(page: Page, model: string, item: string): Promise<void> {
  await page.getByRole('option').filter({ hasText: model }).click();
  await page.getByRole('button', { name: `More actions for ${model}` }).click();
  await page.getByRole('menuitem', { name: item }).click();
  await page.getByRole('menu').waitFor({ state: 'detached' });
}
