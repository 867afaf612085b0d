import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src-main/store/open-store.ts';
import { makeRun } from '../src-renderer/features/runs/run-records.ts';
import { column } from '../src-shared/curves/make-curve.ts';
import { projectRoot } from './environment.ts';
import { goTo, homeFolder, openStudio, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-e2e-runs-'));
const home = homeFolder(folder);
const steps = Array.from({ length: 20 }, (_, step) => step * 10);
let studio: Studio;

beforeAll(async () => {
  // The bundled base and data come into the home; the runs are written as if they had been trained.
  const coto = join(projectRoot, 'dist', 'cli', 'coto.mjs');
  execFileSync(process.execPath, [coto, 'models', 'list', '--home', home]);
  const store = openStore(join(home, 'studio.sqlite'));
  const base = { modelId: 'quickdraw-vit', datasetId: 'fashion-mnist-small' };
  for (const coto of [false, true])
    for (const seed of [1, 2, 3]) {
      const id = `run-${coto ? 2 : 1}${seed}`;
      const name = `${coto ? 'CoTo' : 'Plain'} · seed ${seed}`;
      store.runs.insert(makeRun(id, { seed, coto, accuracy: 0.7 + seed / 50 + (coto ? 0.05 : 0) }, { ...base, name }));
      const losses = steps.map((step) => 2 / (1 + step / 50) + seed / 20);
      const accuracies = steps.map((step) => 0.6 + step / 1000);
      store.history.insertMetrics(id, [column('loss', steps, losses), column('eval_accuracy', steps, accuracies)]);
    }
  store.close();
  studio = await openStudio(home);
});
afterEach(() => {
  expect(studio.problems).toEqual([]);
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('runs are filtered, ticked and compared; the address keeps the comparison, and the way back the selection', async () => {
  const { page } = studio;
  await goTo(page, 'Runs');
  const table = page.getByRole('table', { name: 'Runs' });
  await page.keyboard.press('/');
  await page.keyboard.type('seed completed coto');
  await expect.poll(() => table.getByRole('row').count()).toBe(4);
  await table.getByRole('checkbox', { name: 'Select CoTo · seed 3' }).click();
  await table.getByRole('row').nth(1).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  await page.getByRole('textbox', { name: 'Filter runs' }).fill('plain');
  await table.getByRole('checkbox', { name: 'Select all' }).click();
  const bar = page.getByRole('toolbar', { name: 'Actions for the selected runs' });
  await bar.getByText('5 runs selected, 2 hidden by the filter').waitFor();
  await bar.getByRole('button', { name: 'Compare' }).click();

  const results = page.getByRole('table', { name: 'Results' });
  await results.getByText('LoRA + CoTo').waitFor();
  // Seeds 2 and 3 of both: each is 5 points ahead, which says nothing of the spread.
  await results.getByText('+5.0').waitFor();
  await page.getByRole('figure', { name: 'Eval accuracy' }).locator('.main-svg').first().waitFor();
  const address = await page.evaluate(() => location.hash);
  await page.reload();
  await results.getByText('LoRA + CoTo').waitFor();
  expect(await page.evaluate(() => location.hash)).toBe(address);
  await page.getByText('5 runs in 2 groups').waitFor();

  await page.goBack();
  await bar.getByText('5 runs selected').waitFor();
});
