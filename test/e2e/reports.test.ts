import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHome } from '../../src-main/backend/home/home.ts';
import { printPdf, writeFigures } from '../../src-main/cli/printer.ts';
import { openStore } from '../../src-main/store/open-store.ts';
import { studies } from '../backend/reports/records.ts';
import { electronBinary, projectRoot } from './environment.ts';
import { goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-reports-'));
let studio: Studio;
beforeAll(async () => {
  // A study that has finished: what it computed is tested elsewhere.
  const home = openHome(homeFolder(folder));
  const store = openStore(home.database);
  for (const study of studies.slice(0, 1)) store.studies.insert(study);
  store.close();
  home.release();
  studio = await openStudio(homeFolder(folder));
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a finished study becomes a report, which opens in the window, shut in, and is saved as PDF', async () => {
  const { app, page, problems } = studio;
  await goTo(page, 'Studies');
  await page.getByRole('button', { name: 'Create report' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create report' });
  await dialog.getByLabel('Title').fill('What merging costs');
  await dialog.getByLabel('Note').fill('Written by a test.');
  await dialog.getByRole('button', { name: 'Create report' }).click();

  const frame = page.frameLocator('iframe[title=\'Report "What merging costs"\']');
  await frame.getByRole('heading', { name: 'What merging costs' }).waitFor();
  await frame.getByText('Written by a test.').waitFor();
  await frame.locator('html[data-drawn="true"]').waitFor();
  expect(await frame.locator('.plot svg').count()).toBeGreaterThan(0);
  expect(new URL(page.url()).hash).toMatch(/^#\/reports\/report-/);
  expect(problems).toEqual([]);

  const inside = page.frames().find((one) => one !== page.mainFrame());
  const reached = await inside?.evaluate(() => {
    const tried = (act: () => unknown): unknown => {
      try {
        return act();
      } catch {
        return 'refused';
      }
    };
    const script = document.createElement('script');
    script.textContent = 'window.wasInjected = true';
    document.body.append(script);
    return {
      origin: self.origin,
      window: tried(() => Reflect.get(window.parent, 'coto')),
      bridge: typeof Reflect.get(window, 'coto'),
      storage: tried(() => localStorage.length),
      injected: Reflect.has(window, 'wasInjected'),
    };
  });
  expect(reached).toEqual({
    origin: 'null',
    window: 'refused',
    bridge: 'undefined',
    storage: 'refused',
    injected: false,
  });

  const target = join(folder, 'report.pdf');
  await app.evaluate(({ dialog: native }, filePath) => {
    native.showSaveDialog = async () => ({ canceled: false, filePath });
  }, target);
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: 'PDF' }).click();
  await page.getByText('Report exported').waitFor();
  expect(readFileSync(target).subarray(0, 5).toString()).toBe('%PDF-');
  const refused = await page.evaluate(() => window.coto.savePdf('/etc/hostname').catch(String));
  expect(refused).toContain('is not a report of the studio');
});

test('the command prints a report as the window does', async () => {
  const page = join(folder, 'by-command.html');
  writeFileSync(page, '<!doctype html><title>Printed</title><h1>By the command</h1>');
  const target = join(folder, 'by-command.pdf');
  const environment = { ...process.env, COTO_ELECTRON: electronBinary };
  await printPdf(page, target, environment, 'letter', join(projectRoot, 'dist', 'printer'));
  const pdf = readFileSync(target, 'latin1');
  expect(pdf.slice(0, 5)).toBe('%PDF-');
  expect(pdf).toMatch(/MediaBox \[0 0 612 792\]/);
});

test('the command draws figures as the window saves them', async () => {
  const figure = {
    data: [
      {
        type: 'heatmap',
        x: [0, 1],
        y: [0, 1],
        z: [
          [1, 2],
          [3, null],
        ],
        colorscale: [
          [0, '#ffffff'],
          [1, '#0b7285'],
        ],
      },
      { type: 'scatter', x: [0, 1], y: [0, 1], name: 'line' },
    ],
    layout: { title: { text: 'Share at λ = 2' }, margin: { l: 48, r: 16, t: 36, b: 40 } },
    caption: 'A heat map and a line.',
  };
  const out = mkdtempSync(join(folder, 'figures-'));
  const environment = { ...process.env, COTO_ELECTRON: electronBinary };
  const formats = ['svg', 'pdf', 'pgf', 'png'] as const;
  const built = join(projectRoot, 'dist', 'printer');
  const names = await writeFigures([figure, figure], formats, out, environment, built);
  expect(names).toEqual([1, 2].flatMap((number) => formats.map((format) => `figure-${number}.${format}`)));
  // Nothing else is left.
  expect(readdirSync(out).sort()).toEqual([...names].sort());
  const svg = readFileSync(join(out, 'figure-2.svg'), 'utf8');
  expect(['>Share at λ = 2<', 'font/woff2;base64'].filter((part) => !svg.includes(part))).toEqual([]);
  expect(readFileSync(join(out, 'figure-2.pdf')).subarray(0, 5).toString()).toBe('%PDF-');
  // Cells of the heat map are vectors there.
  const pgf = readFileSync(join(out, 'figure-1.pgf'), 'utf8');
  expect(pgf.includes('\\begin{pgfpicture}')).toBe(true);
  // The highest cell has the last color of the scale.
  expect(pgf.includes('{rgb}{0.0431,0.4471,0.5216}')).toBe(true);
  // Pixels of the title, which stands in the typeface inside the image.
  const { data } = await sharp(join(out, 'figure-1.png'))
    .extract({ left: 0, top: 0, width: 600, height: 56 })
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(data.filter((value) => value < 128).length).toBeGreaterThan(100);
});
