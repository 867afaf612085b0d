import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { goldenPath } from '../engine/golden.ts';
import { answerOpenDialog, goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-data-'));
let studio: Studio;

beforeAll(async () => {
  studio = await openStudio(homeFolder(folder));
});
afterEach(() => {
  expect(studio.problems).toEqual([]);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Adds a file by the button. */
async function addFile({ app, page }: Studio, path: string): Promise<void> {
  await answerOpenDialog(app, path);
  await goTo(page, 'Data');
  await page.getByRole('button', { name: 'Add data' }).first().click();
  await page.getByRole('menuitem', { name: /^Text file/ }).click();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
}

test('a file that is read for long shows how far that is, and can be cancelled', async () => {
  const path = join(folder, 'long.jsonl');
  // Long texts are compared with each other, which takes longer than to read them.
  const text = 'So many words are written here. '.repeat(60);
  const line = (index: number): string => `{"text":"Row ${index}: ${text}","label":${index % 2}}\n`;
  writeFileSync(path, Array.from({ length: 60_000 }, (_, index) => line(index)).join(''));
  const { page } = studio;
  await addFile(studio, path);
  const reading = page.getByRole('status', { name: 'Read long.jsonl' });
  await reading.getByText(/^Reading long\.jsonl · \d+ of \d+ MiB/).waitFor();
  await reading.getByRole('button', { name: 'Cancel' }).click();
  await reading.waitFor({ state: 'detached' });
  // The chosen file can still be added later.
  await page.getByRole('option').filter({ hasText: 'draft' }).waitFor();
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByText('draft').waitFor({ state: 'detached' });
  expect(await page.getByRole('option').filter({ hasText: 'long' }).count()).toBe(0);
  expect(await page.getByText(/cancelled/).count()).toBe(0);
});

test('a Parquet file becomes a dataset', async () => {
  await addFile(studio, goldenPath('parquet', 'packed-zstd.parquet'));
  await studio.page.getByRole('heading', { name: 'packed-zstd', exact: true }).waitFor();
});
