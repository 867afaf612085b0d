import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { MergeTask } from '../../../src-main/engine/contract.ts';
import { runMergeTask } from '../../../src-main/engine/jobs/merge.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { testCompute } from '../test-compute.ts';
import { labels, modelDirectory, randomAdapter, writeImages } from './random-adapters.ts';
import { testContext } from './test-context.ts';

/** Opens and bytes read of every file, by its path. */
const reads = vi.hoisted(() => ({
  opens: new Map<string, number>(),
  bytes: new Map<string, number>(),
  paths: new Map<number, string>(),
  add(counts: Map<string, number>, file: string | undefined, amount: number) {
    if (file !== undefined) counts.set(file, (counts.get(file) ?? 0) + amount);
  },
}));
vi.mock(import('node:fs/promises'), async (original) => {
  const module = await original();
  const open: typeof module.open = async (file, ...rest) => {
    const handle = await module.open(file, ...rest);
    reads.add(reads.opens, String(file), 1);
    reads.paths.set(handle.fd, String(file));
    return counted(handle, String(file));
  };
  return { ...module, open, default: { ...module, open } };
});
vi.mock(import('node:fs'), async (original) => {
  const module = await original();
  const readSync = (...given: Parameters<typeof module.readSync>) => {
    const bytes = module.readSync(...given);
    reads.add(reads.bytes, reads.paths.get(given[0]), bytes);
    return bytes;
  };
  return { ...module, readSync, default: { ...module, readSync } } as typeof module;
});

function counted(handle: FileHandle, file: string): FileHandle {
  const read = handle.read.bind(handle) as (...given: unknown[]) => Promise<{ bytesRead: number }>;
  return Object.assign(handle, {
    read: async (...given: unknown[]) => {
      const result = await read(...given);
      reads.add(reads.bytes, file, result.bytesRead);
      return result;
    },
  });
}

let description: ModelDescription;
let scratch: string;
let adapters: string[];
beforeAll(async () => {
  description = await describeModel(modelDirectory);
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-merge-reads-'));
  await activateCompute(testCompute);
  await Promise.all(['one', 'two', 'three'].map((name) => writeImages(path.join(scratch, name))));
  adapters = [];
  for (const seed of [1, 2, 3])
    adapters.push(await randomAdapter(path.join(scratch, `adapter ${seed}`), seed, [...labels]));
});
beforeEach(() => {
  for (const counts of [reads.opens, reads.bytes]) counts.clear();
  reads.paths.clear();
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const files = ['adapter_model.safetensors', 'adapter_config.json', 'coto_config.json'];

function mergeTask(method: string, name: string, more: Partial<MergeTask> = {}): MergeTask {
  const settings = taskSettingsSchema.parse({});
  return {
    kind: 'merge',
    compute: testCompute,
    modelDirectory,
    description,
    adapters: adapters.map((directory, dataset) => ({ directory, weight: 1, step: null, dataset })),
    method,
    parameters: {},
    outputDirectory: path.join(scratch, name),
    datasets: ['one', 'two', 'three'].map((data) => ({
      reader: 'idx',
      path: path.join(scratch, data),
      options: {},
      settings,
    })),
    eval_samples: 30,
    tuning_samples: 8,
    placebos: [],
    ...more,
  };
}

/** Opens of every file of a folder, and whether its tensors' file was read from start to end exactly once. */
async function readsOf(folder: string) {
  const opens = files.map((name) => reads.opens.get(path.join(folder, name)) ?? 0);
  const tensors = path.join(folder, files[0] ?? '');
  return { opens, share: (reads.bytes.get(tensors) ?? 0) / (await stat(tensors)).size };
}
const once = { opens: [1, 1, 1], share: 1 };

test.each([
  ['weight-average', {}],
  ['parameter-average', {}],
  ['regmean', {}],
  ['task-arithmetic', { parameters: { search: 'weights', search_evaluations: 4 } }],
])('%s opens and reads each adapter once while it is merged and scored on three datasets', async (method, more) => {
  const task = mergeTask(method, `merged by ${method}`, more);
  const result = await runMergeTask(task, testContext());
  expect(result.scores.map((row) => row.length)).toEqual([5, 5, 5]);
  for (const adapter of adapters) expect(await readsOf(adapter)).toEqual(once);
  expect(await readsOf(task.outputDirectory ?? '')).toEqual(once);
});

test('placebos are made of a merge that is opened once', async () => {
  const task = mergeTask('weight-average', 'beside placebos', { placebos: ['random-directions', 'shuffled-layers'] });
  const result = await runMergeTask(task, testContext());
  expect(result.scores.map((row) => row.length)).toEqual([7, 7, 7]);
  for (const folder of [...adapters, task.outputDirectory ?? '']) expect(await readsOf(folder)).toEqual(once);
});

test('an ensemble opens and reads each adapter once', async () => {
  const result = await runMergeTask(mergeTask('ensemble', '', { outputDirectory: null }), testContext());
  expect(result.scores.map((row) => row.length)).toEqual([5, 5, 5]);
  for (const adapter of adapters) expect(await readsOf(adapter)).toEqual(once);
});

test('an adapter that is merged with itself is opened once', async () => {
  const [directory = ''] = adapters;
  const twice = [0, 1].map((dataset) => ({ directory, weight: 0.5, step: null, dataset }));
  await runMergeTask(mergeTask('linear', 'twice', { adapters: twice }), testContext());
  expect(await readsOf(directory)).toEqual(once);
});
