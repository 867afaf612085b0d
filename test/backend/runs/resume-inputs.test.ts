import { cpSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { littleBert } from '../../engine/tasks/text-task.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  temporaryFolder,
  tinyIdx,
  tinyResources,
} from '../support.ts';
import { tellAtOnce } from '../tell-at-once.ts';

const folder = temporaryFolder();
const data = join(folder, 'reviews.csv');
const labels = ['good', 'bad'] as const;
const row = (index: number) => `the film ${index} was very ${labels[index % 2]},${labels[index % 2]}`;
const rows = Array.from({ length: 300 }, (_, index) => row(index));
const csv = (lines: readonly string[], header = 'text,label') => `${[header, ...lines].join('\n')}\n`;
const swapped = csv(
  rows.map((line) =>
    line
      .replace(/,good$/, ',x')
      .replace(/,bad$/, ',good')
      .replace(/,x$/, ',bad'),
  ),
);
const original = csv(rows);

let backend: OpenBackend;
let run: RunRecord;
let base: string;
const find = () => backend.handle('runs.get', { id: run.id });
const log = async () => (await backend.handle('runs.log', { id: run.id })).map(({ text }) => text);

/** Pauses the run at its next checkpoint or step. */
async function pausedAfter(start: () => Promise<unknown>, isReached: (run: RunRecord) => boolean): Promise<RunRecord> {
  const reached = new Promise<RunRecord>((resolve, reject) => {
    backend.on('run.changed', (changed) => {
      if (changed.status === 'failed') reject(new Error(changed.error?.message));
      if (isReached(changed)) resolve(changed);
    });
  });
  await start();
  const { id } = await reached;
  await backend.handle('runs.pause', { id });
  await backend.idle();
  return backend.handle('runs.get', { id });
}

/** Writes a file anew, with its former time and in the same inode. */
function rewriteQuietly(file: string, content: string | Uint8Array): void {
  const { atime, mtime } = statSync(file);
  writeFileSync(file, content);
  utimesSync(file, atime, mtime);
}

async function refusal(): Promise<NonNullable<RunRecord['error']>> {
  await backend.handle('runs.resume', { id: run.id });
  await backend.idle();
  const { status, error } = await find();
  expect(status).toBe('failed');
  if (error === null) throw new Error('the run has no error');
  return error;
}

beforeAll(async () => {
  tellAtOnce();
  writeFileSync(data, original);
  base = littleBert(join(folder, 'base'));
  backend = await openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
  await backend.handle('settings.set', { forgetting: false });
  const config = {
    model: base,
    dataset: data,
    compute_backend: 'wasm' as const,
    max_steps: 1_000_000,
    save_steps: 1,
    logging_steps: 1,
    eval_samples: 4,
    train_samples_per_class: 0,
    per_device_train_batch_size: 2,
    adapter: { r: 2, target_modules: 'all-linear' },
  };
  run = await pausedAfter(
    () => backend.handle('runs.create', { config }),
    ({ checkpoints }) => checkpoints.length > 0,
  );
});
afterAll(closeBackends);

const changes: readonly [string, () => void, RegExp][] = [
  ['swapped labels', () => writeFileSync(data, swapped), /other content/],
  ['swapped labels with size and time kept', () => rewriteQuietly(data, swapped), /other content/],
  ['40 appended rows', () => writeFileSync(data, csv([...rows, ...rows.slice(0, 40)])), /rows 300 → 340/],
  ['100 removed rows', () => writeFileSync(data, csv(rows.slice(0, 200))), /rows 300 → 200/],
  ['a reversed order', () => writeFileSync(data, csv([...rows].reverse())), /other content/],
  ['a third label', () => writeFileSync(data, csv([...rows.slice(1), 'a book,fair'])), /bytes \d+ → \d+/],
  ['one other letter', () => rewriteQuietly(data, original.replace('film 7 ', 'folm 7 ')), /other content/],
  ['a renamed column', () => writeFileSync(data, csv(rows, 'text,class')), /other content/],
  [
    'two swapped columns',
    () => writeFileSync(data, csv(rows.map((one) => one.split(',').reverse().join()))),
    /other content/,
  ],
  ['another end of line', () => writeFileSync(data, original.replaceAll('\n', '\r\n')), /bytes/],
  ['no content', () => writeFileSync(data, ''), /bytes \d+ → 0/],
  ['a cut file', () => writeFileSync(data, original.slice(0, 1000)), /rows 300 → \d+|bytes/],
];

it.each(changes)('refuses to resume a run whose dataset has %s', async (_name, change, words) => {
  const step = Math.max(...(await find()).checkpoints.map((one) => one.step));
  const before = await find();
  change();
  try {
    const { code, message, hint } = await refusal();
    expect(code).toBe('inputs_changed');
    expect(message).toMatch(/^The dataset "reviews" has changed since step \d+ \(.*\)\.$/);
    expect(message).toContain(`step ${step} `);
    expect(message).toMatch(words);
    expect(hint).toContain(`coto runs resume ${run.id} --anyway`);
    expect((await find()).checkpoints).toEqual(before.checkpoints);
  } finally {
    writeFileSync(data, original);
  }
});

it('names a dataset that is gone', async () => {
  rmSync(data);
  try {
    expect((await refusal()).message).toContain(data);
  } finally {
    writeFileSync(data, original);
  }
});

it.each([
  ['weights with size and time kept', 'model.safetensors', 'the weights'],
  ['config', 'config.json', 'config.json'],
  ['tokenizer', 'tokenizer.json', 'tokenizer.json'],
])('refuses to resume a run whose base has other %s', async (_name, file, named) => {
  const path = join(base, file);
  const bytes = readFileSync(path);
  const changed = file.endsWith('.json') ? Buffer.concat([bytes, Buffer.from(' ')]) : Buffer.from(bytes);
  if (!file.endsWith('.json')) changed[changed.length - 9] = (changed[changed.length - 9] ?? 0) ^ 1;
  rewriteQuietly(path, changed);
  try {
    const { code, message } = await refusal();
    expect(code).toBe('inputs_changed');
    expect(message).toMatch(/^The base "base" has changed since step \d+ \(.*\)\.$/);
    expect(message).toContain(`(${named}`);
  } finally {
    rewriteQuietly(path, bytes);
  }
});

it('resumes as before once the files are what they were', async () => {
  const { step } = await find();
  run = await pausedAfter(
    () => backend.handle('runs.resume', { id: run.id }),
    (changed) => changed.status === 'running' && changed.step > step + 1,
  );
  expect(run.error).toBeNull();
  expect((await find()).facts?.inputChanges).toBeUndefined();
});

it('resumes a run on changed files if the person wants it, and records that in log, facts, checkpoints and reports', async () => {
  const { step } = run;
  writeFileSync(data, csv([...rows, ...rows.slice(0, 40)]));
  await refusal();
  run = await pausedAfter(
    () => backend.handle('runs.resume', { id: run.id, anyway: true }),
    (changed) => changed.status === 'running' && changed.step > step + 1,
  );
  const text = `The dataset "reviews" has changed since step ${step} (rows 300 → 340).`;
  expect(run.facts?.inputChanges).toEqual([{ step, text }]);
  expect(await log()).toContain(`Resumed anyway at step ${step}. ${text}`);
  // The files that the later checkpoints were trained on are those of now: no question any more.
  run = await pausedAfter(
    () => backend.handle('runs.resume', { id: run.id }),
    (changed) => changed.status === 'running' && changed.step > run.step + 1,
  );
  expect(run.facts?.inputChanges).toEqual([{ step, text }]);
  const job = await backend.handle('reports.create', { runIds: [run.id] });
  await backend.idle();
  expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({ status: 'completed' });
  const [report] = await backend.handle('reports.list', {});
  const files = await backend.handle('reports.files', { id: report?.id ?? '' });
  expect(files.find(({ name }) => name.endsWith('.md'))?.text).toContain(`Resumed anyway at step ${step}.`);
});

it('resumes from a checkpoint of an earlier version, and logs that nothing could be compared', async () => {
  const before = run;
  for (const { folder: checkpoint } of before.checkpoints) {
    const file = join(backend.home, checkpoint, 'manifest.json');
    const manifest = z.looseObject({}).parse(JSON.parse(readFileSync(file, 'utf8')));
    writeFileSync(file, JSON.stringify({ ...manifest, inputs: undefined, inputChanges: undefined }));
  }
  writeFileSync(data, original);
  run = await pausedAfter(
    () => backend.handle('runs.resume', { id: run.id }),
    (changed) => changed.status === 'running' && changed.step > before.step,
  );
  expect(await log()).toContainEqual(
    expect.stringMatching(/^The checkpoint at step \d+ has no hashes .* could not be compared\.$/),
  );
});

it('refuses a run on images one of whose labels has changed', async () => {
  const images = tinyIdx();
  const copy = join(folder, 'idx');
  cpSync(images, copy, { recursive: true });
  const config = {
    model: 'tiny',
    dataset: copy,
    max_steps: 1_000_000,
    save_steps: 1,
    per_device_train_batch_size: 4,
    eval_samples: 4,
    adapter: { r: 2, target_modules: ['q_proj'] },
  };
  run = await pausedAfter(
    () => backend.handle('runs.create', { config }),
    ({ checkpoints, datasetId }) => datasetId !== run.datasetId && checkpoints.length > 0,
  );
  const file = join(copy, 'train-labels-idx1-ubyte');
  const bytes = readFileSync(file);
  bytes[8] = 9;
  rewriteQuietly(file, bytes);
  expect(await refusal()).toMatchObject({
    code: 'inputs_changed',
    message: expect.stringContaining('The dataset "idx"'),
  });
});
