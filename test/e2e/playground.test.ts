import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { answerOpenDialog, goTo, homeFolder, openStudio, type Studio } from './studio.ts';

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

const exampleSchema = z.object({ messages: z.array(z.object({ role: z.string(), content: z.string() })) });

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

  test('a conversation by the keyboard: sent, stopped, edited, written again, branched and kept as an example', async () => {
    const { app, page } = studio;
    await page.getByText('Chat', { exact: true }).click();
    await page.getByLabel('Max new tokens', { exact: true }).fill('480');
    const message = page.getByRole('textbox', { name: 'Message', exact: true });
    const answer = page.getByRole('region', { name: 'Answer of Base' });
    await message.fill('Where is the whale?');
    await page.getByText('Enter sends').waitFor();
    await message.press('Enter');
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
    await message.press('Escape');
    // A model may end its answer before anyone can stop it.
    await answer.getByText(/stopped|EOS|max tokens/).waitFor();

    await page.getByLabel('Max new tokens', { exact: true }).fill('12');
    await message.press('ArrowUp');
    const edited = page.getByRole('textbox', { name: 'Edited message' });
    await edited.fill('Where is the ship?');
    await edited.press('Enter');
    await page.getByText('2/2', { exact: true }).waitFor();
    await answer.getByText(/12 tokens|EOS/).waitFor();
    // The last token is shown before the answer has ended, and meanwhile nothing is written again.
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor({ state: 'hidden' });
    await message.press('ControlOrMeta+R');
    await page.getByText('3/3', { exact: true }).waitFor();
    await answer.getByText('seed 1').waitFor();
    await answer.getByText(/12 tokens|EOS/).waitFor();
    await page.getByRole('button', { name: 'Previous version' }).click();
    await page.getByRole('button', { name: 'Previous version' }).press('Enter');
    await page.getByText('Where is the whale?', { exact: true }).waitFor();
    await message.fill('And then?');
    await message.press('Enter');
    await expect.poll(() => page.getByRole('region', { name: 'Answer of Base' }).count()).toBe(2);
    await answer
      .nth(1)
      .getByText(/12 tokens|EOS/)
      .waitFor();

    const file = join(folder, 'examples.jsonl');
    writeFileSync(file, '{"messages": []}');
    await answerOpenDialog(app, file);
    await answer
      .nth(1)
      .getByRole('button', { name: /as training example/ })
      .click();
    await page.getByRole('menuitem', { name: 'Add to a file…' }).click();
    await expect.poll(() => readFileSync(file, 'utf8').trim().split('\n').length).toBe(2);
    const { messages } = exampleSchema.parse(JSON.parse(readFileSync(file, 'utf8').trim().split('\n')[1] ?? ''));
    // An answer that was stopped before its first token is no message.
    expect(messages[0]).toEqual({ role: 'user', content: 'Where is the whale?' });
    expect(messages.slice(-2)).toMatchObject([{ role: 'user', content: 'And then?' }, { role: 'assistant' }]);
  });
});
