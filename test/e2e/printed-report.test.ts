import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserWindow } from 'electron';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHome } from '../../src-main/backend/home/home.ts';
import { openStore } from '../../src-main/store/open-store.ts';
import { reportSections } from '../../src-shared/domain/app/report.ts';
import { type StudyRecord, studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import { paperSizes, usualPaper } from '../../src-shared/paper.ts';
import { studies } from '../backend/reports/records.ts';
import { mergingResult } from '../src-shared/figures/results.ts';
import { homeFolder, openStudio, request, type Studio } from './studio.ts';

/** A merging study with a table that is wider than the page. */
function wideStudy(): StudyRecord {
  const groups = mergingResult.groups.map((group) => ({
    ...group,
    merged: Array.from({ length: 60 }, (_, at) => ({ method: `a long name of method ${at}`, accuracy: 0.7, loss: 1 })),
  }));
  const [merging] = studies;
  return studyRecordSchema.parse({ ...merging, id: 'wide', name: 'wide', result: { ...mergingResult, groups } });
}

const folder = mkdtempSync(join(tmpdir(), 'coto-printed-'));
let studio: Studio;
beforeAll(async () => {
  const home = openHome(homeFolder(folder));
  const store = openStore(home.database);
  for (const study of [...studies, wideStudy()]) store.studies.insert(study);
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
    studyIds: [...studies.map(({ id }) => id), 'wide'],
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
        zooms: [...document.querySelectorAll<HTMLElement>('.scroll > table')]
          .filter(({ style }) => style.display !== 'none')
          .map(({ style }) => Number(style.zoom)),
        parts: [...document.querySelectorAll('caption')]
          .map(({ textContent }) => textContent)
          .filter((text) => text.includes('part ')),
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
  // The wide table is split by columns instead of being shrunk until nobody can read it.
  expect(printed.parts.length).toBeGreaterThan(2);
  expect(Math.min(...printed.zooms)).toBeGreaterThan(0.7);
  const pdf = readFileSync(target, 'latin1');
  expect(pdf.slice(0, 5)).toBe('%PDF-');
  for (const key of ['/StructTreeRoot', '/Outlines', '/Lang']) expect(pdf, key).toContain(key);
  const country = await app.evaluate(({ app: electron }) => electron.getLocaleCountryCode());
  const { width } = paperSizes[usualPaper(country)];
  expect(Number(/\/MediaBox \[0 0 ([\d.]+)/.exec(pdf)?.[1])).toBeCloseTo(72 * width, -0.5);
});
