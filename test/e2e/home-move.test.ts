import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { moveAnswers } from '../../src-main/shell/home-questions.ts';
import { answerOpenDialog, goTo, openStudio, request } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-home-move-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('Settings moves the home to another folder, and the next start finds it there', async () => {
  const home = join(folder, 'home');
  const target = join(folder, 'disk');
  mkdirSync(target);
  const { app, page } = await openStudio(home);
  await request(page, 'settings.set', { threads: 1 });
  await goTo(page, 'Settings');
  await answerOpenDialog(app, home);
  await app.evaluate(({ app: electron, dialog }, response) => {
    dialog.showMessageBox = async () => ({ response, checkboxChecked: false });
    // A relaunched app would outlive the test.
    electron.relaunch = () => undefined;
  }, moveAnswers.indexOf('move'));
  // By the keyboard: what is said of the first refusal lies over it for a while. The notification appears before the
  // button can be pressed again.
  const button = page.getByRole('button', { name: 'Move home folder…' });
  const press = async (): Promise<void> => {
    await expect.poll(() => button.isEnabled()).toBe(true);
    await button.press('Enter');
  };
  await press();
  await page.getByText(/is the home folder itself/).waitFor();

  // A failed move leaves the home unchanged.
  writeFileSync(join(target, 'x'), '');
  await answerOpenDialog(app, target);
  await press();
  await page.getByText(/disk is not empty/).waitFor();
  expect((await request(page, 'settings.get', {})).threads).toBe(1);

  rmSync(join(target, 'x'));
  const closed = app.waitForEvent('close');
  await press();
  await closed;
  expect(existsSync(join(target, 'studio.sqlite'))).toBe(true);
  expect(readdirSync(home).sort()).toEqual(['moved-to.json', 'window']);

  const again = await openStudio(home);
  expect((await request(again.page, 'settings.get', {})).threads).toBe(1);
  expect((await request(again.page, 'app.doctor', {})).home).toBe(target);
  await again.close();
});
