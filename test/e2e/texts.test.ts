import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { littleBert } from '../engine/tasks/text-task.ts';
import { projectRoot } from './environment.ts';
import { goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-texts-'));
const home = homeFolder(folder);
let studio: Studio;

beforeAll(async () => {
  const coto = (...words: string[]) =>
    execFileSync(process.execPath, [join(projectRoot, 'dist/cli/coto.mjs'), ...words, '--home', home]);
  coto('models', 'add', littleBert(join(folder, 'little-bert')), '--name', 'little-bert');
  const rows = (value: (isGood: boolean) => string) =>
    Array.from(
      { length: 40 },
      (_, row) => `the ${row % 3 === 0 ? 'film' : 'book'} was ${row % 2 ? 'bad' : 'good'},${value(row % 2 === 0)}`,
    );
  for (const [name, lines] of [
    ['reviews', rows((isGood) => (isGood ? 'positive' : 'negative'))],
    ['stars', rows((isGood) => (isGood ? '4.5' : '1.5'))],
  ] as const) {
    writeFileSync(join(folder, `${name}.csv`), `text,label\n${lines.join('\n')}\n`);
    coto('datasets', 'add', join(folder, `${name}.csv`), '--name', name);
  }
  studio = await openStudio(home);
});
afterEach(() => {
  expect(studio.problems).toEqual([]);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Wish {
  readonly name: string;
  readonly model: string;
  readonly dataset: string;
  /** What `auto` says that it comes to. */
  readonly task: string;
}

/** Chooses a record in a step of the Train page. */
async function choose(page: Page, step: 'Base' | 'Data', name: string): Promise<void> {
  await page.getByRole('list', { name: 'Setup' }).getByRole('button').filter({ hasText: step }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill(name);
  await dialog.getByRole('listitem').getByText(name, { exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Fills the form for a short run and starts it; waits until its page has the end. */
async function train(page: Page, { name, model, dataset, task }: Wish): Promise<void> {
  await goTo(page, 'Train');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await choose(page, 'Base', model);
  await choose(page, 'Data', dataset);
  await page.getByText(`auto: ${task}`).waitFor();
  await page.getByText('all-linear', { exact: true }).click();
  for (const [field, value] of [
    ['Eval samples', 8],
    ['Max length', 32],
    ['Max steps', 4],
    ['Train batch size', 4],
  ] as const)
    await page.getByLabel(field, { exact: true }).fill(String(value));
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByRole('heading', { name, exact: true }).waitFor();
  await page.getByText('completed').first().waitFor();
}

describe('from text to a metric in the window', () => {
  test.each([
    {
      task: 'text-classification',
      model: 'little-bert',
      dataset: 'reviews',
      metric: 'F1 (macro)',
    },
    {
      task: 'text-classification',
      model: 'little-bert',
      dataset: 'stars',
      metric: 'Test loss',
    },
    {
      task: 'multiple-choice',
      model: 'small-llama',
      dataset: 'Opinion words',
      metric: 'Matthews',
    },
    {
      task: 'causal-lm',
      model: 'small-llama',
      dataset: 'CMUdict pronunciations',
      metric: 'Perplexity',
    },
  ])('$task on $dataset with $model', async ({ task, model, dataset, metric }) => {
    const { page } = studio;
    await train(page, { name: `Run on ${dataset}`, model, dataset, task });
    await page.getByRole('figure', { name: 'Training loss' }).waitFor();
    await page.getByText(metric, { exact: true }).first().waitFor();
  });
});
