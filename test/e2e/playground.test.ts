import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-playground-'));
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

describe('the playground', () => {
  test('the bundled language model goes on from a prompt, and says how fast', async () => {
    const { page } = studio;
    await goTo(page, 'Playground');
    await page.getByRole('textbox', { name: 'Prompt' }).fill('The people of the United States');
    await page.getByLabel('Max new tokens', { exact: true }).fill('24');
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    const column = page.getByRole('region', { name: 'Base', exact: true });
    await column.getByText('max tokens').waitFor();
    const text = await page.getByRole('region', { name: 'Text of Base' }).textContent();
    expect(text?.startsWith('The people of the United States')).toBe(true);
    expect(text?.length).toBeGreaterThan('The people of the United States'.length + 20);
    expect(await column.textContent()).toMatch(/24 tokens.*tokens\/s/);
  });

  test('a conversation is stopped, and gone on from', async () => {
    const { page } = studio;
    await page.getByText('Chat', { exact: true }).click();
    await page.getByLabel('Message 1', { exact: true }).fill('Where is the whale?');
    await page.getByLabel('Max new tokens', { exact: true }).fill('480');
    const column = page.getByRole('region', { name: 'Base', exact: true });
    // A model may end its answer before anyone can stop it: then another seed.
    let stopped = false;
    for (let seed = 1; !stopped && seed <= 5; seed++) {
      await page.getByLabel('Seed', { exact: true }).fill(String(seed));
      await stopOnceItWrites(page);
      stopped = await column.getByText('stopped', { exact: true }).isVisible();
    }
    expect(stopped).toBe(true);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Message 3', { exact: true }).waitFor();
  });
});

/** Generates, presses Stop from within the page as soon as there is text, and waits for the end. */
function stopOnceItWrites(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const button = (words: string) =>
          [...document.querySelectorAll('button')].find(({ textContent }) => textContent === words);
        let hasBegun = false;
        const watch = new MutationObserver(() => {
          const text = document.querySelector('[aria-label="Text of Base"]');
          const isWritten = text?.getAttribute('aria-busy') === 'true';
          hasBegun ||= isWritten;
          if (isWritten && text?.textContent !== '') button('Stop')?.click();
          if (!hasBegun || isWritten) return;
          watch.disconnect();
          resolve();
        });
        watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        button('Generate')?.click();
      }),
  );
}
