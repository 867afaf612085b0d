import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserWindow } from 'electron';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHome } from '../../src-main/backend/home/home.ts';
import { openStore } from '../../src-main/store/open-store.ts';
import { reportSections } from '../../src-shared/domain/app/report.ts';
import { studies } from '../backend/reports/records.ts';
import { homeFolder, openStudio, request, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-printed-'));
let studio: Studio;
beforeAll(async () => {
  const home = openHome(homeFolder(folder));
  const store = openStore(home.database);
  for (const study of studies) store.studies.insert(study);
  store.close();
  home.release();
  studio = await openStudio(homeFolder(folder));
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a printed report has every column, all details and figures across the page, and no scroll bar', async () => {
  const { app, page } = studio;
  const job = await request(page, 'reports.create', {
    runIds: [],
    studyIds: studies.map(({ id }) => id),
    name: 'Printed',
    note: '',
    sections: reportSections.map(({ id }) => id),
  });
  await expect
    .poll(async () => (await request(page, 'jobs.get', { id: job.id })).status, { timeout: 60_000 })
    .toBe('completed');
  const report = (await request(page, 'reports.list', {})).find(({ name }) => name === 'Printed');
  const target = join(folder, 'printed.pdf');
  // The window that prints stays open, laid out as it was printed.
  await app.evaluate(({ app: electron, dialog: native }, filePath) => {
    native.showSaveDialog = async () => ({ canceled: false, filePath });
    electron.once('browser-window-created', (_event, window) => {
      window.destroy = () => Reflect.set(globalThis, 'printing', window);
    });
  }, target);
  await page.evaluate((path) => window.coto.savePdf(path), report?.path ?? '');
  const printed = await app.evaluate(() => {
    const measure = () => {
      const all = [...document.querySelectorAll<HTMLElement>('body *')];
      const isOut = (element: Element) => {
        const { left, right } = element.getBoundingClientRect();
        return left < 0 || right > window.innerWidth + 1;
      };
      const scrolls = (
        { scrollWidth, clientWidth, scrollHeight, clientHeight }: HTMLElement,
        style: CSSStyleDeclaration,
      ) =>
        (/auto|scroll/.test(style.overflowX) && scrollWidth > clientWidth) ||
        (/auto|scroll/.test(style.overflowY) && scrollHeight > clientHeight);
      const widths = [...document.querySelectorAll('.plot .main-svg:first-child')].map(
        (figure) => figure.getBoundingClientRect().width / window.innerWidth,
      );
      const [first] = [...document.querySelectorAll('tbody tr > :first-child')];
      return {
        cells: document.querySelectorAll('th, td').length,
        cut: [...document.querySelectorAll('th, td')].filter(isOut).map(({ textContent }) => textContent),
        scrolling: all
          .filter((element) => scrolls(element, getComputedStyle(element)))
          .map(({ className }) => className),
        details: document.querySelectorAll('details').length,
        closed: document.querySelectorAll('details:not([open])').length,
        narrowest: Math.min(...widths),
        names: first?.getBoundingClientRect().width ?? 0,
      };
    };
    const printing: BrowserWindow = Reflect.get(globalThis, 'printing');
    return printing.webContents.executeJavaScript(`(${measure})()`).finally(() => printing.close());
  });
  expect(printed).toMatchObject({ cut: [], scrolling: [], closed: 0 });
  expect(printed.cells).toBeGreaterThan(50);
  expect(printed.details).toBeGreaterThan(2);
  expect(printed.narrowest).toBeGreaterThan(0.9);
  expect(printed.names).toBeGreaterThan(100);
  expect(readFileSync(target).subarray(0, 5).toString()).toBe('%PDF-');
});
