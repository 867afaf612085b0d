import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { answerOpenDialog, goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-editor-'));
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

test('rows are edited, left out and restored as steps before the file is added', async () => {
  const path = join(folder, 'tickets.csv');
  const rows = Array.from(
    { length: 60 },
    (_, at) => `Ticket ${at} about ${at % 2 ? 'an invoice' : 'a parcel'},${at % 2 ? 'billing' : 'shipping'}`,
  );
  rows[3] = ',shipping';
  rows[5] = 'Where is my refund?,biling';
  writeFileSync(path, ['text,label', ...rows, ''].join('\n'));
  const { app, page } = studio;
  await answerOpenDialog(app, path);
  await goTo(page, 'Data');
  await page.getByRole('button', { name: 'Add data' }).first().click();
  await page.getByRole('menuitem', { name: /^Text file/ }).click();
  await segment(page, 'Edit').click();
  await segment(page, 'Faulty 1').click();
  const table = page.getByRole('region', { name: 'Rows', exact: true });
  await table.getByRole('row', { name: /row 5 faulty/ }).click();
  // A faulty row is mended.
  const form = page.getByRole('region', { name: 'Edit a row' });
  await form.getByRole('textbox', { name: 'text' }).fill('My parcel is late; please help');
  await form.getByRole('button', { name: 'Apply' }).click();
  const steps = page.getByRole('region', { name: 'Steps', exact: true });
  await steps.getByText('Set text of row 5 to “My parcel is late; please help”').waitFor();
  await segment(page, 'Faulty 0').waitFor();
  // A label is corrected, and seen as the model reads it before and after.
  await segment(page, 'All 60').click();
  await table.getByPlaceholder('Search the cells…').fill('refund');
  await table.getByRole('row', { name: /row 7 (?:train|test)/ }).click();
  await form.getByLabel('label', { exact: true }).fill('billing');
  await form.getByRole('region', { name: 'With the edits' }).getByRole('list', { name: 'Tokens' }).waitFor();
  await studioPicture(page, 'editor');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.mouse.wheel(0, 2000);
  await studioPicture(page, 'editor-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await form.getByRole('button', { name: 'Apply' }).click();
  await steps.getByText('Set label of row 7 to “billing”').waitFor();
  // A row is left out, put back by Undo, and left out again by Redo.
  await form.getByRole('button', { name: 'Leave out' }).click();
  await steps.getByText('Leave out row 7').waitFor();
  await steps.getByRole('button', { name: 'Undo' }).click();
  await steps.getByText('Leave out row 7').waitFor({ state: 'detached' });
  await steps.getByRole('button', { name: 'Redo' }).click();
  await steps.getByText('Leave out row 7').waitFor();
  await steps.getByRole('button', { name: 'Add a step' }).click();
  await page.getByRole('menuitem', { name: 'Leave out repeated rows' }).click();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { name: 'tickets', exact: true }).waitFor();
  await page.getByText('The step drop-row left out 1 row.').waitFor();
  await page.getByText('text edited').first().waitFor();
});

/** A choice among a few side by side, by its words. */
const segment = (page: Studio['page'], words: string) => page.locator('label').getByText(words, { exact: true });

/** Writes a picture where COTO_PICTURES names a folder. */
async function studioPicture(page: Studio['page'], name: string): Promise<void> {
  const pictures = process.env['COTO_PICTURES'];
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}
