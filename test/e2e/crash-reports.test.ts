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
