import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { homeFolder, openStudio, request, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-keyboard-'));
let studio: Studio;
let focused: () => Promise<string>;
beforeAll(async () => {
  studio = await openStudio(homeFolder(folder));
  focused = await focusReader(studio);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Reads the focused element from Chromium's accessibility tree, as a screen reader does: "textbox Name". */
async function focusReader({ page }: Studio): Promise<() => Promise<string>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Accessibility.enable');
  return async () => {
    const { result } = await session.send('Runtime.evaluate', { expression: 'document.activeElement' });
    const { objectId } = result;
    if (objectId === undefined) return 'nothing';
    const { nodes } = await session.send('Accessibility.getPartialAXTree', { objectId, fetchRelatives: false });
    return `${nodes[0]?.role?.value} ${nodes[0]?.name?.value}`;
  };
}

/** Presses a key until the tree names the wanted element, and fails with the names on the way. */
async function press(key: string, wanted: string): Promise<void> {
  const seen: string[] = [];
  for (let count = 0; count < 60; count++) {
    await studio.page.keyboard.press(key);
    const name = await focused();
    if (name === wanted) return;
    seen.push(name);
  }
  throw new Error(`${key} does not lead to "${wanted}", but to: ${seen.join('; ')}`);
}

/** Replaces the text of the focused field. */
async function type(text: string): Promise<void> {
  await studio.page.keyboard.press('Control+a');
  await studio.page.keyboard.type(text);
}

test('a run is set up, started and opened by keys alone, by the names in the accessibility tree', async () => {
  const { page } = studio;
  await page.keyboard.press('Control+k');
  await expect.poll(focused, { timeout: 20_000 }).toMatch(/^(combobox|textbox|searchbox) /);
  await page.keyboard.type('Train');
  await page.getByRole('dialog').getByText('Train', { exact: true }).first().waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(focused, { timeout: 20_000 }).toBe('heading Train');
  await press('Tab', 'textbox Name');
  await type('By keys');
  await press('Tab', 'textbox Train samples per class');
  await type('4');
  await press('Tab', 'textbox Eval samples');
  await type('20');
  await press('Tab', 'textbox Max steps');
  await type('4');
  await press('Shift+Tab', 'button Start training');
  await page.keyboard.press('Enter');
  await expect.poll(focused, { timeout: 60_000 }).toBe('heading By keys');
  const completed = async () => (await request(page, 'runs.list', { archived: false })).map(({ status }) => status);
  await expect.poll(completed, { timeout: 120_000 }).toEqual(['completed']);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('By keys');
  await page.getByRole('dialog').getByText('By keys').first().waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
});
