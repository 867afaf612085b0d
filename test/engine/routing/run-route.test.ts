import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { EngineTaskOf } from '../../../src-main/engine/contract.ts';
import { runRouteTask } from '../../../src-main/engine/jobs/route.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { goldenPath } from '../golden.ts';
import { labels, modelDirectory, randomAdapter, writeImages } from '../jobs/random-adapters.ts';
import { testContext } from '../jobs/test-context.ts';
import { testCompute } from '../test-compute.ts';

type RouteTask = EngineTaskOf<'route'>;

let scratch: string;
const made: Record<'first' | 'second' | 'three' | 'wide', string> = { first: '', second: '', three: '', wide: '' };

beforeAll(async () => {
  await activateCompute(testCompute);
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-route-'));
  await writeImages(path.join(scratch, 'data'));
  await writeImages(path.join(scratch, 'three-data'), 3);
  made.first = await randomAdapter(path.join(scratch, 'first'), 1, labels);
  made.second = await randomAdapter(path.join(scratch, 'second'), 2, labels);
  made.three = await randomAdapter(path.join(scratch, 'three'), 4, ['0', '1', '2']);
  made.wide = goldenPath('vit-28', 'adapters', 'lora');
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

function task(routers: RouteTask['routers'], given: Partial<RouteTask> = {}): RouteTask {
  const settings = taskSettingsSchema.parse({});
  const dataset = (folder: string) => ({ reader: 'idx', path: path.join(scratch, folder), options: {}, settings });
  return {
    kind: 'route',
    compute: testCompute,
    modelDirectory,
    adapters: [
      { directory: made.first, name: 'first', dataset: 0 },
      { directory: made.second, name: 'second', dataset: 0 },
    ],
    datasets: [
      { ...dataset('data'), name: 'five' },
      { ...dataset('three-data'), name: 'three' },
    ],
    scored: [0],
    routers,
    eval_samples: 40,
    tuning_samples: 10,
    ...given,
  };
}
const tasks = {
  adapters: () => [
    { directory: made.first, name: 'first', dataset: 0 },
    { directory: made.three, name: 'three', dataset: 1 },
  ],
};
const by = (id: string, parameters = {}) => ({ id, parameters });

test('scores every router of one task, none above the oracle among single choices, and frees all tensors', async () => {
  const before = tf.memory().numTensors;
  const ids = ['arrow', 'lora-retriever', 'linear', 'entropy', 'uniform', 'random', 'best-single', 'oracle'];
  const { scores } = await runRouteTask(task(ids.map((id) => by(id))), testContext());
  const [random, best, oracle] = scores.slice(-3).map(([score]) => score);
  expect(scores).toHaveLength(ids.length);
  for (const [score] of scores) {
    expect(score?.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    expect(score?.secondsPerExample).toBeGreaterThan(0);
  }
  expect(scores[4]?.[0]?.shares).toEqual([0.5, 0.5]);
  expect(best?.shares.filter((share) => share === 1)).toHaveLength(1);
  expect(random?.accuracy).toBeLessThanOrEqual(oracle?.accuracy ?? 0);
  expect(best?.accuracy).toBeLessThanOrEqual(oracle?.accuracy ?? 0);
  expect(tf.memory().numTensors).toBe(before);
}, 60_000);

test('scores adapters of different tasks, each with the head of the task', async () => {
  const request = task([by('linear'), by('oracle')], { adapters: tasks.adapters(), scored: [0, 1] });
  const { scores } = await runRouteTask(request, testContext());
  expect(scores.map((own) => own.length)).toEqual([2, 2]);
  expect(scores.flat().every(({ accuracy }) => accuracy !== null && accuracy > 0)).toBe(true);
}, 60_000);

test.each([
  [
    'heads of different tasks by their predictions',
    [by('entropy')],
    {},
    /Lowest entropy compares the predictions.*5 labels/,
  ],
  ['prompts of images', [by('cross-entropy')], { adapters: undefined }, /compares the likelihoods of prompts/],
] as const)('rejects a comparison of %s', async (_, routers, given, message) => {
  const adapters = 'adapters' in given ? {} : { adapters: tasks.adapters() };
  await expect(runRouteTask(task([...routers], adapters), testContext())).rejects.toThrow(message);
});

test('rejects a dataset that no adapter has a head for', async () => {
  const request = task([by('uniform')], { scored: [1] });
  await expect(runRouteTask(request, testContext())).rejects.toThrow(/None of the adapters has a task head.*"three"/);
});

test('rejects the mean of factors of different ranks', async () => {
  const adapters = [
    { directory: made.first, name: 'first', dataset: 0 },
    { directory: made.wide, name: 'wide', dataset: 0 },
  ];
  const request = task([by('lora-retriever', { composition: 'fusion' })], { adapters });
  await expect(runRouteTask(request, testContext())).rejects.toThrow(/averages factors/);
});
