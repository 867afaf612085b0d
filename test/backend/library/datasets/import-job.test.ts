import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import { goldenPath } from '../../../engine/golden.ts';
import {
  bundledResources,
  closeBackends,
  type OpenBackend,
  openBackend,
  readerInProcess,
  scriptedEngine,
  temporaryFolder,
  tinyIdx,
} from '../../support.ts';
import { tellAtOnce } from '../../tell-at-once.ts';

beforeEach(tellAtOnce);
afterEach(async () => {
  vi.restoreAllMocks();
  await closeBackends();
});

const engine = scriptedEngine(() => Promise.reject(new Error('no engine is needed')));

const words = 'So many words are written here. '.repeat(60);

function lines(count: number, line: (index: number) => string): string {
  const path = join(temporaryFolder(), 'long.jsonl');
  writeFileSync(path, Array.from({ length: count }, (_, index) => line(index)).join(''));
  return path;
}

/** A file whose reading can be interfered with. */
function longFile(): string {
  return lines(20_000, (index) => `{"text":"Row ${index}: ${words}","label":${index % 2}}\n`);
}

/** The first news of the reading that says how far it is. */
function reading(backend: OpenBackend): Promise<JobRecord> {
  return new Promise((resolve) => {
    backend.on('job.changed', (job) => {
      if (job.kind === 'import' && job.status === 'running' && job.progress !== null) resolve(job);
    });
  });
}

async function expectNothingKept(backend: OpenBackend): Promise<void> {
  expect((await backend.handle('datasets.list', {})).filter(({ bundled }) => !bundled)).toEqual([]);
  expect(await backend.handle('jobs.list', { active: false })).toEqual([]);
  expect(backend.seen('notification')).toEqual([]);
}

describe('adding a dataset is a job', () => {
  it('asks with the name of the option that answers', async () => {
    const backend = await openBackend({ startEngine: engine });
    const path = goldenPath('foreign-data', 'two-labels.tar');
    await expect(backend.handle('datasets.add', { path })).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'label',
    });
    const options = { label: 'coarse_label' };
    expect((await backend.handle('datasets.add', { path, options })).description.labels).toEqual(['flower']);
  });

  it('reports its progress, and does not block other jobs', async () => {
    const backend = await openBackend({ startEngine: engine });
    const path = lines(10_000, (index) => `{"text":"Row ${index}","label":${index % 2},"note":"${words}"}\n`);
    const total = Math.ceil(statSync(path).size / 2 ** 20);
    const options = { unused_columns: 'note' };
    const adding = backend.handle('datasets.add', { path, name: 'Long', options });
    const job = await reading(backend);
    expect(job).toMatchObject({
      title: 'Read long.jsonl',
      progress: { phase: 'Reading long.jsonl', unit: 'MiB', total },
    });
    const dataset = await adding;
    expect(dataset).toMatchObject({ id: job.subjectId, name: 'Long', description: { text: { rowCount: 10_000 } } });
    expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({
      status: 'completed',
      progress: { total },
    });
    // Once more, under the same name: it is the same dataset.
    expect(await backend.handle('datasets.add', { path, options })).toEqual({ ...dataset });
    expect(backend.seen('notification')).toEqual([]);
  });

  it('compares the images with each other; of a bundled dataset when it is asked to', async () => {
    const backend = await openBackend({ startEngine: engine, resourcesDirectory: bundledResources });
    const { id, description } = await backend.handle('datasets.add', { path: tinyIdx() });
    const total = description.splits.reduce((sum, { exampleCount }) => sum + exampleCount, 0);
    expect(description.duplicates?.comparedImages).toBe(total);
    const bundled = await backend.handle('datasets.get', { id: 'fashion-mnist-small' });
    expect(bundled.description.duplicates).toBeUndefined();
    const { duplicates, ...rest } = (await backend.handle('datasets.compareImages', { id: bundled.id })).description;
    expect(rest).toEqual(bundled.description);
    expect(duplicates).toMatchObject({ comparedImages: 4560, withinTrain: 0, across: 0, nearAcross: 0, pairs: [] });
    // These two images, by their places.
    const [one, other] = await backend.handle('datasets.preview', { id, split: 'train', indices: [0, 1, 9999] });
    expect([one?.index, other?.index]).toEqual([0, 1]);
  });

  it('runs beside a computing job', async () => {
    const held = Promise.withResolvers<never>();
    const backend = await openBackend({ startEngine: scriptedEngine(() => held.promise) });
    const dataset = await backend.handle('datasets.add', { path: tinyIdx() });
    const evaluation = await backend.handle('evaluate.start', { model: 'tiny', dataset: dataset.id, adapters: [] });
    await expect.poll(async () => (await backend.handle('jobs.get', { id: evaluation.id })).status).toBe('running');
    expect((await backend.handle('datasets.add', { path: tinyIdx() })).description.splits).toHaveLength(2);
    held.reject(new Error('enough'));
    await backend.idle();
  });

  it('leaves nothing after a cancel', async () => {
    const backend = await openBackend({ startEngine: engine });
    const path = longFile();
    const adding = expect(backend.handle('datasets.add', { path })).rejects.toMatchObject({ code: 'cancelled' });
    await backend.handle('jobs.cancel', { id: (await reading(backend)).id });
    await adding;
    await expectNothingKept(backend);
  });

  it('leaves nothing after a cancel in the queue', async () => {
    const backend = await openBackend({ startEngine: engine });
    const first = expect(backend.handle('datasets.add', { path: longFile() })).rejects.toThrow('cancelled');
    const { id } = await reading(backend);
    const second = expect(backend.handle('datasets.add', { path: tinyIdx() })).rejects.toThrow('cancelled');
    await expect.poll(async () => (await backend.handle('jobs.list', {})).length, { interval: 1 }).toBe(2);
    for (const job of await backend.handle('jobs.list', {}))
      if (job.id !== id) await backend.handle('jobs.cancel', { id: job.id });
    await second;
    await backend.handle('jobs.cancel', { id });
    await first;
    await expectNothingKept(backend);
  });

  it('reads a file once for several simultaneous requests', async () => {
    let readers = 0;
    const backend = await openBackend({
      startEngine: engine,
      startReader: (onOutput) => {
        readers++;
        return readerInProcess(onOutput);
      },
    });
    const path = tinyIdx();
    await Promise.all(
      Array.from({ length: 20 }, () =>
        backend.handle('evaluate.start', { model: 'tiny', dataset: path, eval_samples: 1 }),
      ),
    );
    // Two that find out what it is, and one that reads it.
    expect(readers).toBeLessThanOrEqual(3);
    expect((await backend.handle('datasets.list', {})).filter(({ bundled }) => !bundled)).toHaveLength(1);
  });

  it('leaves nothing after a failure, and names the file', async () => {
    const backend = await openBackend({ startEngine: engine });
    const path = join(temporaryFolder(), 'bad.jsonl');
    writeFileSync(path, '{"text":""}\n'.repeat(500));
    await expect(backend.handle('datasets.add', { path })).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringContaining(`${path}: none of its 500 rows is a good example`),
      // The window shows it too: no option of the command.
      hint: expect.stringMatching(/^(?!.*--).*, e\.g\. text=NAME\.$/),
    });
    await expectNothingKept(backend);
  });

  it('answers when the app closes, and does not resume', async () => {
    const home = join(temporaryFolder(), 'home');
    const backend = await openBackend({ startEngine: engine, home });
    const lost = (path: string) =>
      expect(backend.handle('datasets.add', { path })).rejects.toMatchObject({ code: 'disconnected' });
    const first = lost(longFile());
    await reading(backend);
    const second = lost(tinyIdx());
    await expect.poll(async () => (await backend.handle('jobs.list', {})).length, { interval: 1 }).toBe(2);
    await backend.close(0);
    await Promise.all([first, second]);
    await expectNothingKept(await openBackend({ startEngine: engine, home }));
  });
});
