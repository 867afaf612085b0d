import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-train-'));
let studio: Studio;

beforeAll(async () => {
  studio = await openStudio(homeFolder(folder));
  await goTo(studio.page, 'Train');
});
afterEach(() => {
  expect(studio.problems).toEqual([]);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

const step = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Setup' }).getByRole('button').filter({ hasText: name });
const yamlOf = (page: Page) => page.getByRole('textbox', { name: 'Run as YAML' });

test('a text base greys out image data with the reason, and the run cannot be started until they fit', async () => {
  const { page } = studio;
  await step(page, 'Base').click();
  await page.getByRole('dialog').getByRole('button').filter({ hasText: 'small-llama' }).click();
  const start = page.getByRole('button', { name: 'Start training' });
  await page.getByRole('button', { name: 'Go to Data' }).waitFor();
  expect(await start.isDisabled()).toBe(true);
  expect(await page.getByRole('status').filter({ hasText: 'Cannot start: Data' }).count()).toBe(1);
  await page.getByRole('button', { name: 'Go to Data' }).click();
  await page.keyboard.press('Enter');
  const list = page.getByRole('list', { name: 'Choose a dataset' });
  const images = list.getByRole('button').filter({ hasText: 'Fashion-MNIST' });
  await images.getByText(/the dataset contains images/).waitFor();
  expect(await images.isDisabled()).toBe(true);
  await list.getByRole('button').filter({ hasText: 'Opinion words' }).click();
  await expect.poll(() => start.isEnabled()).toBe(true);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Reset all to the defaults' }).click();
});

test('a preset is changed as YAML and started', async () => {
  const { page } = studio;
  await step(page, 'Recipe').click();
  await page.getByRole('button', { name: 'Quick try' }).click();
  await page.getByRole('row', { name: 'Max steps 0 30' }).waitFor();
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect.poll(() => yamlOf(page).inputValue()).toContain('max_steps: 30');
  await yamlOf(page).fill('model: quickdraw-vit\ndataset: Fashion-MNIST (small)\nmax_steps: none\n');
  await page.getByText('Not applied: 1 error').waitFor();
  expect(await page.getByRole('button', { name: 'Start training' }).isDisabled()).toBe(true);
  await yamlOf(page).fill(
    'model: quickdraw-vit\ndataset: Fashion-MNIST (small)\nadapter: { r: 3 }\nmax_steps: 4\nper_device_train_batch_size: 4\neval_samples: 20\n',
  );
  await expect.poll(() => page.getByLabel('Rank', { exact: true }).inputValue()).toBe('3');
  await page.getByLabel('Name', { exact: true }).fill('From YAML');
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByRole('heading', { name: 'From YAML' }).waitFor();
  await page.getByText('completed').first().waitFor();
});

test('an error of the backend marks the field that it names', async () => {
  const { page } = studio;
  await goTo(page, 'Train');
  await yamlOf(page).fill(
    'model: quickdraw-vit\ndataset: Fashion-MNIST (small)\nadapter: { target_modules: [nothing] }\n',
  );
  await page.getByRole('button', { name: 'Go to Target modules' }).waitFor();
  const marked = page.locator('[data-field]').filter({ hasText: 'no linear layer of the base matches "nothing"' });
  expect(await marked.evaluateAll((all) => all.map((one) => one.getAttribute('data-field')))).toEqual([
    'adapter.target_modules',
  ]);
});

test('Simple and Full are two views of one run, and the choice outlives the page', async () => {
  const { page } = studio;
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Reset all to the defaults' }).click();
  await page.getByLabel('Learning rate', { exact: true }).fill('0.002');
  await expect.poll(() => yamlOf(page).inputValue()).toContain('learning_rate: 0.002');
  const full = await yamlOf(page).inputValue();
  const shown = page.getByRole('radiogroup', { name: 'Settings shown' });
  await shown.getByText('Simple').click();
  await page.getByText(/Changed: Learning rate 0\.002\.$/).waitFor();
  expect(await page.getByLabel('Learning rate', { exact: true }).count()).toBe(0);
  expect(await yamlOf(page).inputValue()).toBe(full);
  await page.getByRole('radiogroup', { name: 'Goal' }).getByText('Merge or prune later').click();
  await expect.poll(() => yamlOf(page).inputValue()).toMatch(/^coto:/m);
  await page.reload();
  await page.getByText(/^Recommended: /).waitFor();
  await shown.getByText('Full').click();
  await page.getByLabel('Learning rate', { exact: true }).waitFor();
});
