import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appPath, electronArguments, electronBinary } from './environment.ts';
import { dropFile, goTo, homeFolder, openStudio, request, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-opened-'));
const home = homeFolder(folder);
let studio: Studio;
beforeAll(async () => {
  studio = await openStudio(home);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the app once more, as the system does to open a link or a file: it hands both to the first and ends. */
async function startAgain(argument: string): Promise<void> {
  const again = spawn(electronBinary, [...electronArguments, appPath, argument], {
    env: { ...process.env, COTO_STUDIO_HOME: home },
    stdio: 'ignore',
  });
  await new Promise((resolve) => again.once('exit', resolve));
}

test('a link opens a page or a filled dialog of the running app, and starts nothing', async () => {
  const { page } = studio;
  await startAgain('coto://dataset/fashion-mnist-small');
  await page.getByRole('heading', { name: 'Fashion-MNIST (small)' }).waitFor();
  await startAgain('coto://model/org/some-model');
  const dialog = page.getByRole('dialog', { name: 'Download from Hugging Face' });
  await dialog.waitFor();
  expect(await dialog.getByLabel('Model').inputValue()).toBe('org/some-model');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await request(page, 'jobs.list', { active: false })).toEqual([]);
});

test("a run's file opened in the file manager fills the form", async () => {
  const { page } = studio;
  const file = join(folder, 'mine.coto-run.yaml');
  writeFileSync(file, 'model: quickdraw-vit\ndataset: fashion-mnist-small\nmax_steps: 17\n');
  await startAgain(file);
  await page.getByRole('heading', { name: 'Train' }).first().waitFor();
  await expect.poll(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('mine');
});

test("a study's file is opened with its cost and its name, says what is wrong in it, and starts nothing", async () => {
  const { page } = studio;
  const file = join(folder, 'mine.coto-study.yaml');
  const run = '{ model: quickdraw-vit, dataset: fashion-mnist-small, max_steps: 3, eval_samples: 20 }';
  writeFileSync(file, `kind: ablation\nname: From a file\nrun: ${run}\ngrid: { coto: [null, {}] }\nseeds: [1, 2, 3]\n`);
  await startAgain(file);
  const settings = page.getByLabel('Settings of mine.coto-study.yaml');
  await settings.waitFor();
  await page.getByText('6 new runs').waitFor();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('From a file');
  const start = page.getByRole('button', { name: 'Start study' });
  expect(await start.isEnabled()).toBe(true);
  await settings.fill((await settings.inputValue()).replace('fashion-mnist-small', 'no-such-data'));
  await page.getByText('the dataset "no-such-data" is not in this home').first().waitFor();
  expect(await start.isEnabled()).toBe(false);
  expect(await request(page, 'jobs.list', { active: false })).toEqual([]);
});

test('a file dropped on a page that imports nothing opens on its own page', async () => {
  const { page } = studio;
  const file = join(folder, 'tickets.csv');
  writeFileSync(file, `text,label\n${'hello there,a\nbye now,b\n'.repeat(20)}`);
  await goTo(page, 'Home');
  await dropFile(page, file, 'main h1');
  await page.getByText('tickets').first().waitFor();
  expect(page.url()).toContain('/data/reading');
});

test("a page's link is copied", async () => {
  const { page, app } = studio;
  await page.evaluate(() => {
    window.location.hash = '/data/fashion-mnist-small';
  });
  await page.getByRole('button', { name: 'More actions for Fashion-MNIST (small)' }).click();
  await page.getByRole('menuitem', { name: 'Copy link' }).click();
  await expect
    .poll(() => app.evaluate(({ clipboard }) => clipboard.readText()))
    .toBe('coto://dataset/fashion-mnist-small');
});

test('Find in page marks the matches and steps through them; Back returns to the page before', async () => {
  const { page, app } = studio;
  const choose = (label: string) =>
    app.evaluate(({ Menu }, wanted) => {
      const items = (Menu.getApplicationMenu()?.items ?? []).flatMap(({ submenu }) => submenu?.items ?? []);
      items.find((item) => item.label === wanted)?.click();
    }, label);
  await goTo(page, 'Models');
  await choose('Find in page…');
  await page.getByLabel('Find in page').fill('quickdraw');
  const count = page.getByRole('search').getByRole('status');
  await expect.poll(() => count.textContent()).toMatch(/^1 of [2-9]/);
  await page.getByLabel('Find in page').press('Enter');
  await expect.poll(() => count.textContent()).toMatch(/^2 of/);
  expect(await page.evaluate(() => CSS.highlights.get('coto-found')?.size ?? 0)).toBeGreaterThan(1);
  await page.getByLabel('Find in page').press('Escape');
  await expect.poll(() => page.getByRole('search').count()).toBe(0);
  expect(await page.evaluate(() => CSS.highlights.size)).toBe(0);
  await goTo(page, 'Runs');
  await choose('Back');
  await page.getByRole('heading', { name: 'Models', exact: true }).first().waitFor();
  await choose('Forward');
  await page.getByRole('heading', { name: 'Runs', exact: true }).first().waitFor();
});
