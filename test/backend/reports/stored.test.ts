import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { EngineResult } from '../../../src-main/engine/contract.ts';
import { openStore } from '../../../src-main/store/open-store.ts';
import { closeBackends, type OpenBackend, openBackend, scriptedEngine, tinyConfig, tinyIdx } from '../support.ts';
import { studies } from './records.ts';

afterEach(closeBackends);

const cancelled: EngineResult = {
  kind: 'train',
  outcome: 'cancelled',
  result: null,
  adapterDirectory: null,
  adapterStep: null,
};

/** A backend with one run that trains until it is signaled, and one that waits behind it. */
async function training() {
  const startEngine = scriptedEngine(async (scripted) => {
    await scripted.nextSignal();
    return cancelled;
  });
  const backend = await openBackend({ startEngine });
  const dataset = tinyIdx();
  const runs = [];
  for (const seed of [1, 2])
    runs.push((await backend.handle('runs.create', { config: { ...tinyConfig, dataset, seed, max_steps: seed } })).run);
  return { backend, runIds: runs.map(({ id }) => id), names: runs.map(({ name }) => name) };
}

async function written(backend: OpenBackend, jobId: string) {
  await expect.poll(async () => (await backend.handle('jobs.get', { id: jobId })).status).toBe('completed');
  const [report] = await backend.handle('reports.list', {});
  if (report === undefined) throw new Error('no report was written');
  return report;
}

it('runs are reported while others train, with a note and the chosen sections', async () => {
  const { backend, runIds, names } = await training();
  const job = await backend.handle('reports.create', {
    runIds: [...runIds, ...runIds],
    note: '  Two runs.  ',
    sections: ['summary', 'configs'],
  });
  expect(job.title).toBe('Report: Comparison of 2 runs');
  const report = await written(backend, job.id);
  expect(report).toMatchObject({ name: 'Comparison of 2 runs', note: 'Two runs.', runIds, studyIds: [] });

  const { html } = await backend.handle('reports.page', { id: report.id });
  expect(html).toContain('<p class="note">Two runs.</p>');
  expect(html).toContain('No run has a result yet.');
  expect(html).not.toContain('<script>');
  expect(html).not.toContain('Content-Security-Policy');
  expect(html).toContain('<script type="application/json" id="figure-data">');
  for (const name of names) expect(html).toContain(`${name}: run.yaml`);

  const files = await backend.handle('reports.files', { id: report.id });
  expect(files.map(({ name }) => name)).toEqual([
    'report.html',
    'report.csv',
    'report.json',
    'report.md',
    'report.tex',
  ]);
  expect(files[0]?.text).toBe(await readFile(report.path, 'utf8'));
  const summary = await backend.handle('reports.summary', { id: report.id });
  expect(summary).toEqual({
    findings: ['No run has a result yet.'],
    sides: { without: 'LoRA', coto: 'LoRA + CoTo' },
    rows: [],
  });

  await backend.handle('reports.remove', { id: report.id });
  expect(await backend.handle('reports.list', {})).toEqual([]);
  expect(existsSync(dirname(report.path))).toBe(false);
  await expect(backend.handle('reports.page', { id: report.id })).rejects.toThrow('There is no report');
});

it('a report of nothing, or of what is not there, is refused', async () => {
  const { backend } = await training();
  await expect(backend.handle('reports.create', {})).rejects.toThrow('at least one run or study');
  await expect(backend.handle('reports.create', { runIds: ['nobody'] })).rejects.toThrow('nobody');
});

it('a study whose adapters were deleted is reported all the same', async () => {
  const { backend } = await training();
  await backend.close(0);
  const store = openStore(`${backend.home}/studio.sqlite`);
  const [study] = studies;
  if (study) store.studies.insert(study);
  store.close();
  const again = await openBackend({ home: backend.home, startEngine: scriptedEngine(async () => cancelled) });
  const job = await again.handle('reports.create', { studyIds: [study?.id ?? ''] });
  const report = await written(again, job.id);
  expect(report).toMatchObject({ name: study?.name, runIds: [], studyIds: [study?.id] });
  const { html } = await again.handle('reports.page', { id: report.id });
  expect(html).toContain(`<h2>${study?.name}</h2>`);
  expect(html).toContain('<strong>Untuned.</strong>');
});

it('a record that leads out of the reports of the home is not followed', async () => {
  const { backend, runIds } = await training();
  const job = await backend.handle('reports.create', { runIds });
  const { id } = await written(backend, job.id);
  await backend.close(0);
  const store = openStore(`${backend.home}/studio.sqlite`);
  const report = store.reports.find(id);
  store.reports.remove(id);
  if (report !== null) store.reports.insert({ ...report, path: 'runs/report.html' });
  store.close();
  const again = await openBackend({ home: backend.home, startEngine: scriptedEngine(async () => cancelled) });
  for (const name of ['reports.page', 'reports.summary', 'reports.files', 'reports.remove'] as const)
    await expect(again.handle(name, { id })).rejects.toThrow('this is not the page in the folder reports/');
  expect(existsSync(`${backend.home}/runs`)).toBe(true);
});
