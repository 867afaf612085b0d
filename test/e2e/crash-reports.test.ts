import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { crashFolder, keptDumps, listDumps } from '../../src-main/files/crash-dumps.ts';
import { goTo, homeFolder, openStudio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-crash-'));
const home = homeFolder(folder);
const crashes = join(home, crashFolder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a crash of the window leaves a report in the home, which the diagnostics list and nothing sends', async () => {
  const studio = await openStudio(home);
  try {
    expect(listDumps(crashes)).toEqual([]);
    expect(await studio.app.evaluate(({ crashReporter }) => crashReporter.getUploadToServer())).toBe(false);
    await studio.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
    );
    await expect.poll(() => listDumps(crashes).length, { timeout: 60_000 }).toBe(1);
  } finally {
    await studio.close();
  }
  const [dump] = listDumps(crashes);
  // Older reports than are kept; the next start removes them, and leaves the newest.
  mkdirSync(join(crashes, 'pending'), { recursive: true });
  for (let index = 0; index < keptDumps + 2; index++) {
    const path = join(crashes, 'pending', `00000000-0000-4000-8000-0000000000${10 + index}.dmp`);
    writeFileSync(path, 'MDMP');
    utimesSync(path, new Date(0), new Date(index * 1000));
  }
  const later = await openStudio(home);
  try {
    const { page, app } = later;
    expect(listDumps(crashes).map(({ name }) => name)).toHaveLength(keptDumps);
    await goTo(page, 'Settings');
    await page.getByRole('button', { name: 'Collect diagnostics…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Diagnostics' });
    await dialog.getByText(dump?.name ?? 'no dump').waitFor();
    await dialog.getByRole('button', { name: 'Copy' }).click();
    await expect.poll(() => app.evaluate(({ clipboard }) => clipboard.readText())).toContain(dump?.name);
  } finally {
    await later.close();
  }
});

test('a window whose process ends is loaded again with a notice, and not endlessly', async () => {
  const studio = await openStudio(homeFolder(mkdtempSync(join(folder, 'again-'))));
  const { app } = studio;
  // Playwright's page does not survive the crash.
  const inPage = <Value>(code: string): Promise<Value> =>
    app.evaluate(
      ({ BrowserWindow }, script) => BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(script),
      code,
    );
  const crash = () =>
    app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      return new Promise<void>((resolve) => {
        contents?.once('did-finish-load', () => resolve());
        contents?.forcefullyCrashRenderer();
      });
    });
  const words = () => inPage<string>('document.body.innerText');
  try {
    await goTo(studio.page, 'Runs');
    await crash();
    await expect.poll(words, { timeout: 60_000 }).toContain('The window was loaded again');
    expect(await inPage('location.href')).toBe('app://studio/index.html#/runs');
    // The window that was loaded again has its backend.
    await expect.poll(words, { timeout: 60_000 }).toContain('Nothing is running');
    for (let end = 0; end < 3; end++) await crash();
    await expect.poll(words, { timeout: 60_000 }).toContain('The window stopped several times in a row');
    await inPage("document.querySelector('a').click()");
    await expect.poll(words, { timeout: 60_000 }).toContain('Nothing is running');
  } finally {
    await studio.close();
  }
});
