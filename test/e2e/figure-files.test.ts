import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHome } from '../../src-main/backend/home/home.ts';
import { openStore } from '../../src-main/store/open-store.ts';
import { studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import { studies } from '../backend/reports/records.ts';
import { homeFolder, openStudio, type Studio } from './studio.ts';

/** A sweep of three rates and two batch sizes, whose figure is a heat map. */
function sweptStudy() {
  const rates = [1e-3, 3e-3, 1e-2];
  const points = [16, 32].flatMap((batch_size, row) =>
    rates.map((learning_rate, at) => {
      const mean = 0.5 + 0.1 * at - 0.05 * row;
      const interval = { mean, n: 2, halfWidth: 0.02, bootstrap: null };
      return { learning_rate, batch_size, scores: [{ seed: 1, value: mean }], interval };
    }),
  );
  const cell = { label: 'LoRA', coto: false, learning_rate: 1e-2, batch_size: 16, edge: 'high', points };
  const [any] = studies;
  return studyRecordSchema.parse({
    ...any,
    id: 'swept',
    name: 'swept',
    kind: 'sweep',
    config: {
      kind: 'sweep',
      run: {},
      tune: { learning_rate: rates, per_device_train_batch_size: [16, 32], seeds: [1] },
    },
    result: {
      kind: 'sweep',
      examples: 100,
      metric: 'accuracy',
      reference: 0,
      cells: [],
      tuning: { metric: 'accuracy', examples: 50, equalBudget: true, cells: [cell] },
    },
  });
}

const folder = mkdtempSync(join(tmpdir(), 'coto-figures-'));
let studio: Studio;
beforeAll(async () => {
  const home = openHome(homeFolder(folder));
  const store = openStore(home.database);
  for (const study of [...studies, sweptStudy()]) store.studies.insert(study);
  store.close();
  home.release();
  studio = await openStudio(homeFolder(folder));
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Saves a figure by its menu and returns the file. */
async function saved(study: string, figure: string, item: string, ending: string): Promise<string> {
  const { app, page } = studio;
  const target = join(folder, `${study}.${ending}`);
  await app.evaluate(({ session }, path) => {
    Reflect.set(globalThis, 'ended', false);
    session.defaultSession.once('will-download', (_event, item) => {
      item.setSavePath(path);
      item.once('done', () => Reflect.set(globalThis, 'ended', true));
    });
  }, target);
  await page.evaluate((id) => {
    window.location.hash = `/studies/${id}`;
  }, study);
  await page.getByRole('figure', { name: figure }).locator('.main-svg').first().waitFor();
  await page.getByRole('button', { name: `Copy or save the figure "${figure}"` }).click();
  await page.getByRole('menuitem', { name: item }).click();
  await expect.poll(() => app.evaluate(() => Reflect.get(globalThis, 'ended')), { timeout: 30_000 }).toBe(true);
  return target;
}

const isInstalled = (program: string) => spawnSync(program, ['-v']).status === 0;
const heatMap = 'Learning rates and batch sizes';

test.each([
  ['merging', 'Merging study', 'Merged vs single adapters'],
  ['swept', heatMap, 'learning rate'],
])(
  'the PDF of a figure of the study "%s" is one page of vectors, with its text and typeface',
  async (study, figure, text) => {
    const file = await saved(study, figure, 'Save PDF', 'pdf');
    const pdf = readFileSync(file, 'latin1');
    expect(pdf.slice(0, 5)).toBe('%PDF-');
    expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1);
    expect(pdf).not.toContain('/Subtype /Image');
    // A variable typeface is embedded as outlines of its letters (Type 3).
    expect(pdf).toMatch(/\/(?:FontFile[23]|Type3)\b/);
    if (!isInstalled('pdftotext')) return;
    const read = spawnSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
    expect(read.stdout).toContain(text);
    const images = spawnSync('pdfimages', ['-list', file], { encoding: 'utf8' });
    expect(images.stdout.trim().split('\n')).toHaveLength(2);
  },
);

test('the PGF of a heat map has its cells and labels', async () => {
  const pgf = readFileSync(await saved('swept', heatMap, 'Save PGF for LaTeX', 'pgf'), 'utf8');
  expect(pgf).toContain('learning rate');
  expect(pgf).toContain('\\begin{pgfpicture}');
  // Six cells in the colors of the scale, from the lowest to the highest score.
  expect(pgf).toContain('\\definecolor{cotofill}{rgb}{0.6235,0.8157,0.9176}');
});
