import { beforeAll, expect, test } from 'vitest';
import { routeResultSchema } from '../../src-shared/domain/merging/route.ts';
import { goldenPath } from '../engine/golden.ts';
import { commandFiles, model } from './commands-support.ts';

const { coto, data, file, json, writeBlobs, writeRun } = commandFiles();
const route = (...words: string[]) => ['route', '--adapters', 'one', 'two', ...words];

beforeAll(async () => {
  writeBlobs();
  writeRun();
  for (const words of [
    ['models', 'add', model],
    ['models', 'add', goldenPath('llama', 'base')],
    ['datasets', 'add', data],
    ['train', file, '--name', 'one', '--set', 'seed=1'],
    ['train', file, '--name', 'two', '--set', 'seed=2'],
    ['adapters', 'import', goldenPath('vit-28', 'adapters', 'lora'), '--name', 'imported'],
    ['adapters', 'import', goldenPath('llama', 'adapters', 'lora'), '--name', 'of another base'],
  ])
    expect(await coto(words)).toMatchObject({ code: 0 });
}, 240_000);

test('scores a router beside the baselines on the task of its adapters', async () => {
  const result = await json(routeResultSchema, route('--router', 'linear', '--temperature', '2', '--baselines'));
  expect(result.adapters.map(({ name }) => name)).toEqual(['one', 'two']);
  expect(result.datasets.map(({ name }) => name)).toEqual(['blobs']);
  expect(result.routers.map(({ id }) => id)).toEqual(['linear', 'uniform', 'random', 'best-single', 'oracle']);
  for (const { scores } of result.routers) expect(scores[0]?.shares).toHaveLength(2);
}, 120_000);

test('prints a table with accuracy, time and shares', async () => {
  const { code, out } = await coto(route('--router', 'arrow', '--top-k', '1'));
  expect(code).toBe(0);
  expect(out).toMatch(/^dataset +router +accuracy +loss +per example +share 1 +share 2$/m);
  expect(out).toMatch(/^blobs +Arrow +[\d.]+ % +[\d.]+ +[\d.]+ ms +[\d.]+ % +[\d.]+ %$/m);
}, 120_000);

test.each([
  [
    'one adapter alone',
    ['route', '--adapters', 'one', '--router', 'arrow'],
    /two or more adapters, and "one" is alone/,
  ],
  ['an adapter named twice', ['route', '--adapters', 'one', 'one', '--router', 'arrow'], /"one" is named twice/],
  [
    'different bases',
    ['route', '--adapters', 'one', 'of another base', '--router', 'arrow'],
    /"one" and "of another base" have different bases/,
  ],
  [
    'a router without rows',
    ['route', '--adapters', 'one', 'imported', '--router', 'linear'],
    /Linear router is fitted to training rows, and there are none of "imported"/,
  ],
  [
    'heads that differ',
    ['route', '--adapters', 'one', 'imported', '--router', 'entropy'],
    /Lowest entropy compares the predictions of the adapters\. classifier\.bias is \[2\] in/,
  ],
  ['an unknown router', route('--router', 'best'), /There is no router "best"/],
  ['a parameter of another router', route('--router', 'uniform', '--top-k', '2'), /has no parameter "top_k"/],
])('rejects %s in one sentence', async (_, words, message) => {
  const { code, err } = await coto(words);
  expect(code).toBe(1);
  expect(err).toMatch(message);
});
