import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { dropFile, goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-texts-'));
const reviews = join(folder, 'reviews.csv');
let studio: Studio;

beforeAll(async () => {
  const rows = Array.from({ length: 40 }, (_, index) => {
    const text = index === 4 ? '' : `film number ${index} and what it is about`;
    return `${text},${index % 5},${index % 2 ? 'good' : 'bad'}`;
  });
  writeFileSync(reviews, `review,stars,verdict\n${rows.join('\n')}\n`);
  studio = await openStudio(homeFolder(folder));
});
afterEach(() => {
  expect(studio.problems).toEqual([]);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a CSV is dropped, its label column is changed, and it is read as a model reads it', async () => {
  const { page } = studio;
  await goTo(page, 'Data');
  await page.getByRole('option').first().waitFor();
  await dropFile(page, reviews);
  await page.getByRole('heading', { name: 'Import reviews.csv' }).waitFor();
  const first = page.getByRole('table', { name: 'First rows' });
  await first.getByText('review is missing').waitFor();
  const label = page.getByRole('combobox', { name: 'Label column' });
  expect(await label.inputValue()).toBe('stars');
  await label.click();
  await page.getByRole('option', { name: 'verdict' }).click();
  await first.getByRole('cell', { name: 'good' }).first().waitFor();
  await page.getByRole('button', { name: 'Add', exact: true }).click();

  await page.getByRole('heading', { name: 'reviews', exact: true }).waitFor();
  await page.getByText('Texts, 2 classes').waitFor();
  await page.getByRole('figure', { name: 'Class balance of reviews' }).locator('.main-svg').first().waitFor();
  expect(await page.getByRole('list', { name: 'Problems' }).textContent()).toContain('row 6: review is missing');
  await page.getByText('Tokenized').click();
  await page.getByRole('heading', { name: /^\d+ tokens, \d+ in the loss$/ }).waitFor();
  const tokens = (await page.getByRole('list', { name: 'Tokens' }).textContent())?.replaceAll(/\d+/g, '');
  expect(tokens).toContain('user↵film·number');
});

test('imports it again under its own name', async () => {
  const { page } = studio;
  await page.getByRole('button', { name: 'Edit import…' }).click();
  await page.getByText('Separate file', { exact: true }).click();
  await page.getByText('Choose the test file.').waitFor();
  expect(await page.getByRole('button', { name: 'Re-import' }).isDisabled()).toBe(true);
  await page.getByText('Random split', { exact: true }).click();
  await page.getByLabel('Test fraction', { exact: true }).fill('0.5');
  await page.getByRole('button', { name: 'Re-import' }).click();
  await page.getByText('50 % of the rows for testing, drawn by the seed 0').waitFor();
  await page.getByRole('heading', { name: 'reviews', exact: true }).waitFor();
});

test('a column with content is asked about before the dataset is added, and its answer is kept', async () => {
  const { page } = studio;
  const path = join(folder, 'support.jsonl');
  const rows = Array.from({ length: 12 }, (_, at) => ({
    id: at,
    system: 'You answer questions about our trains.',
    question: `When does train number ${at} leave?`,
    answer: `It leaves at ${at} o'clock sharp.`,
    remark: 'Asked on the phone by a traveler',
  }));
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  await goTo(page, 'Data');
  await dropFile(page, path);
  await page.getByRole('heading', { name: 'Import support.jsonl' }).waitFor();
  await page.getByText('Choose the role of the column “remark”, or that it is not used.').waitFor();
  expect(await page.getByRole('button', { name: 'Add', exact: true }).isDisabled()).toBe(true);
  expect(await page.getByRole('combobox', { name: 'System column' }).inputValue()).toBe('system');
  const use = page.getByRole('table', { name: 'Use of columns and rows' });
  await use.getByText('column remark').waitFor();
  await page.getByRole('combobox', { name: 'remark', exact: true }).click();
  await page.getByRole('option', { name: 'Not used' }).click();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { name: 'support', exact: true }).waitFor();
  await use.getByText('left out as requested').waitFor();
});
