import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElectronApplication } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type QuitAnswer, quitButtons } from '../../src-main/shell/quit-question.ts';
import { type RunRecord, runConfigSchema } from '../../src-shared/domain/runs/run.ts';
import { appPath, electronArguments, electronBinary } from './environment.ts';
import { dropFile, goTo, homeFolder, openStudio, request, type Studio, waitMilliseconds } from './studio.ts';

/** The home is on a disk of its own, which can be filled: that needs root and the right to mount. */
const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-work-'));
const disk = join(folder, 'disk');
mkdirSync(disk);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', disk]).status === 0;
const home = homeFolder(disk);
let studio: Studio;
let run: RunRecord;

beforeAll(async () => {
  studio = await openStudio(home);
  // The run does not end by itself within these tests.
  const config = runConfigSchema.parse({
    max_steps: 100_000,
    per_device_train_batch_size: 4,
    eval_samples: 40,
    save_steps: 200,
  });
  ({ run } = await request(studio.page, 'runs.create', { name: 'Long run', config }));
});
afterEach(() => {
  expect(studio.problems).toEqual([]);
});
afterAll(async () => {
  await studio?.close();
  if (mounted) spawnSync('umount', [disk]);
  rmSync(folder, { recursive: true, force: true });
});

async function current(): Promise<RunRecord> {
  run = await request(studio.page, 'runs.get', { id: run.id });
  return run;
}

async function stepAfter(step: number): Promise<void> {
  await expect.poll(async () => (await current()).step, { timeout: waitMilliseconds }).toBeGreaterThan(step);
}

async function statusIs(status: RunRecord['status']): Promise<void> {
  await expect.poll(async () => (await current()).status, { timeout: waitMilliseconds }).toBe(status);
}

/** Quits as the menu does; the question, which nobody could answer here, is answered. */
async function quit(app: ElectronApplication, answer: QuitAnswer): Promise<void> {
  await app.evaluate(({ app, dialog }, response) => {
    dialog.showMessageBox = async () => ({ response, checkboxChecked: false });
    setImmediate(() => app.quit());
  }, quitButtons[answer]);
}

const isVisible = (app: ElectronApplication): Promise<boolean | undefined> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible());

test('while a run trains, the machine is kept awake and the taskbar shows the progress', async () => {
  const { app, page } = studio;
  await stepAfter(250);
  const seen = await app.evaluate(({ BrowserWindow, powerSaveBlocker }) => {
    const [window] = BrowserWindow.getAllWindows();
    if (window === undefined) throw new Error('there is no window');
    const ids = [0, 1, 2, 3];
    return new Promise<{ isAwake: boolean; progress: number }>((resolve) => {
      window.setProgressBar = (progress) => {
        if (progress >= 0) resolve({ isAwake: ids.some((id) => powerSaveBlocker.isStarted(id)), progress });
      };
      // The running job is reported at every percent, and again after a reload.
      window.reload();
    });
  });
  expect(seen.isAwake).toBe(true);
  await page.getByRole('contentinfo').getByRole('progressbar').waitFor();
});

test('quitting can be called off, or leaves the run going on until the app is started again', async () => {
  const { app } = studio;
  await quit(app, 'cancel');
  await quit(app, 'background');
  await expect.poll(() => isVisible(app)).toBe(false);
  await stepAfter((await current()).step + 10);
  expect(run.status).toBe('running');
  const again = spawnSync(electronBinary, [...electronArguments, appPath], {
    env: { ...process.env, COTO_STUDIO_HOME: home },
  });
  expect(again.status).toBe(0);
  await expect.poll(() => isVisible(app)).toBe(true);
});

/** Kills the backend while the page of a run is open. Both the banner and the page must be true before the backend is back. */
async function killOnPage(name: string, { banner, hint, label }: Record<'banner' | 'hint' | 'label', RegExp>) {
  const { page } = studio;
  await page.evaluate((id) => {
    location.hash = `/runs/${id}`;
  }, run.id);
  await page.getByRole('heading', { name, exact: true }).waitFor();
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
  // The backend comes back within a second: all of it is read as soon as the banner is there.
  const reading = page.evaluate(async () => {
    const text = (selector: string) => document.querySelector(selector)?.textContent ?? null;
    const isLost = () => /quit unexpectedly/.test(text('main [role="alert"]') ?? '');
    while (!isLost()) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const buttons = [...document.querySelectorAll('main button')].map((button) => button.textContent ?? '');
    return { banner: text('main [role="alert"]'), page: text('main') ?? '', buttons };
  });
  process.kill(Number.parseInt(readFileSync(join(home, 'backend.pid'), 'utf8'), 10), 'SIGKILL');
  const seen = await reading;
  expect(seen.banner).toMatch(banner);
  expect(seen.page).toMatch(/Interrupted.*Training was interrupted unexpectedly\./);
  expect(seen.page).toMatch(hint);
  expect(seen.buttons.filter((name) => label.test(name))).not.toEqual([]);
  expect(seen.buttons).not.toContain('Pause');
  expect(seen.buttons).not.toContain('Stop and save');
  // The same with what the next backend has stored. A request that is posted before it is ready has no answer.
  await page.getByText(/quit unexpectedly/).waitFor({ state: 'detached' });
  await page.getByText('Connecting to the backend').waitFor({ state: 'detached' });
  await statusIs('interrupted');
  await page.getByText('Training was interrupted unexpectedly.').first().waitFor();
  expect(run.error?.hint).toMatch(hint);
  await page.getByRole('button', { name: label }).first().click();
  await statusIs('running');
}

test('a backend that is killed leaves its run interrupted, and the page resumes it from its checkpoint', async () => {
  await stepAfter(210);
  await killOnPage('Long run', {
    banner: /is restarting\. “Long run” can be resumed from step [\d,]+\./,
    hint: /It can be resumed from its checkpoint at step \d+\./,
    label: /^Resume from step [\d,]+$/,
  });
  expect(run.step).toBeGreaterThanOrEqual(200);
});

test('a run whose backend is killed before its first checkpoint says so, and starts again', async () => {
  const long = run;
  await request(studio.page, 'runs.pause', { id: long.id });
  await statusIs('paused');
  const config = { ...long.config, save_steps: 0 };
  ({ run } = await request(studio.page, 'runs.create', { name: 'Short run', config }));
  await stepAfter(2);
  await killOnPage('Short run', {
    banner: /is restarting\. “Short run” had no checkpoint yet and has to start again\./,
    hint: /No checkpoint had been saved, so it has to start again\./,
    label: /^Start again$/,
  });
  await request(studio.page, 'runs.cancel', { id: run.id });
  await statusIs('cancelled');
  run = long;
  await request(studio.page, 'runs.resume', { id: run.id });
  await statusIs('running');
});

test('pause and quit saves the run, and the next start resumes it', async () => {
  const { app } = studio;
  const closed = app.waitForEvent('close');
  const { step } = await current();
  await quit(app, 'quit');
  await closed;
  studio = await openStudio(home);
  expect(await current()).toMatchObject({ status: 'paused' });
  expect(run.step).toBeGreaterThanOrEqual(step);
  await studio.page
    .getByRole('button', { name: /^Resume/ })
    .first()
    .click();
  await stepAfter(run.step);
});

test.skipIf(!mounted)('a full disk ends the run with the reason, and freed space lets it go on', async () => {
  const { page } = studio;
  const resize = (kilobytes: number) => spawnSync('mount', ['-o', `remount,size=${kilobytes}k`, disk]).status === 0;
  // Refused where the run has written more meanwhile.
  await expect
    .poll(() => {
      const { stdout } = spawnSync('df', ['--output=used', '-k', disk], { encoding: 'utf8' });
      return resize(Number(stdout.split('\n')[1]) + 1500);
    })
    .toBe(true);
  // The page of the run says so while the disk is still full.
  await page.evaluate((id) => {
    location.hash = `/runs/${id}`;
  }, run.id);
  const content = page.getByRole('main');
  const resuming = page.getByRole('button', { name: /^Resume from step/ });
  // Beside the way on, and not in the notification alone.
  await content
    .getByRole('alert')
    .filter({ has: resuming })
    .getByText(/disk is full/)
    .waitFor();
  await content.getByText('Failed', { exact: true }).waitFor();
  expect(await content.getByRole('button', { name: 'Pause', exact: true }).count()).toBe(0);
  resize(1024 * 1024);
  // On a disk that has no room even for that, the end of the run is stored as soon as there is.
  await statusIs('failed');
  expect(run.error).toMatchObject({ code: 'disk_full', hint: expect.stringContaining('Free some space') });
  await request(page, 'runs.resume', { id: run.id });
  await stepAfter(run.step);
  await request(page, 'runs.cancel', { id: run.id });
  await statusIs('cancelled');
});

test('a corrupt file that is dropped is named in one sentence', async () => {
  const { page } = studio;
  const path = join(folder, 'broken.parquet');
  writeFileSync(path, Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(64, 7), Buffer.from('PAR1')]));
  await goTo(page, 'Data');
  await page.getByRole('listbox', { name: 'Datasets' }).waitFor();
  await dropFile(page, path);
  await page
    .getByText(/broken\.parquet states a footer of \d+ bytes, more than the file has\./)
    .first()
    .waitFor();
});
