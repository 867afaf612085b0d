import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';

import { readModelConfig } from '../../../src-main/backend/library/models/model-config.ts';
import type { StartReader } from '../../../src-main/backend/reading/foreign-reader.ts';
import { limitOf, storedBytes } from '../../../src-main/backend/reading/limits.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { requests } from '../../../src-shared/contract/requests.ts';
import { adapterFolder, modelFolder, withHole } from '../../campaigns/bombs/bad-files/bad-file.ts';
import { goldenPath } from '../../engine/golden.ts';
import {
  closeBackends,
  openBackend,
  readerInProcess,
  scriptedEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

afterAll(closeBackends);

it('only the reader process parses untrusted files', async () => {
  const startEngine = scriptedEngine(() => new Promise(() => undefined));
  const parts = { startEngine, resourcesDirectory: tinyResources() };
  const first = await openBackend(parts);
  const { id } = await first.handle('datasets.add', { path: tinyIdx() });
  await first.close(0);
  const backend = await openBackend({
    ...parts,
    home: first.home,
    startReader: () => {
      throw new StudioError('refused', 'There is no reader.');
    },
  });
  const folder = temporaryFolder();
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const config = requests['runs.estimate'].input.shape.config.parse({ model: 'tiny', dataset: id });
  const asked: (() => Promise<unknown>)[] = [
    () => backend.handle('models.add', { path: modelFolder(folder) }),
    () => backend.handle('adapters.import', { path: adapterFolder(folder) }),
    () => backend.handle('datasets.inspect', { path: file('a.csv', 'text,label\na,b\n') }),
    () => backend.handle('datasets.add', { path: file('b.csv', 'text,label\na,b\n') }),
    () => backend.handle('datasets.preview', { id, split: 'train' }),
    () => backend.handle('classification.image', { path: file('a.png', '') }),
    () => backend.handle('runs.import', { path: file('trainer_state.json', '{"log_history":[{"step":1,"loss":2}]}') }),
    () => backend.handle('runs.parse', { yaml: 'seed: 1' }),
    () => backend.handle('runs.estimate', { config }),
    () => backend.handle('runs.forecast', { configs: [config] }),
    () => backend.handle('runs.create', { config }),
  ];
  for (const [place, asking] of asked.entries())
    await expect(asking(), String(place)).rejects.toThrow('There is no reader.');
  const { id: job } = await backend.handle('models.convert', { file: file('a.gguf', 'GGUF') });
  await backend.idle();
  expect((await backend.handle('jobs.get', { id: job })).error?.message).toBe('There is no reader.');
});

/** A reader that notes the names of what it is asked. */
function notingReader(asked: string[]): StartReader {
  return (onOutput) => {
    const { channel, ...host } = readerInProcess(onOutput);
    const post = (message: unknown): void => {
      const parsed = z.looseObject({ m: z.string() }).safeParse(message);
      if (parsed.success) asked.push(parsed.data.m);
      channel.post(message);
    };
    return { ...host, channel: { ...channel, post } };
  };
}

it('the config of a base and the patterns of a planned run are read there too', async () => {
  const asked: string[] = [];
  const startEngine = scriptedEngine(() => new Promise(() => undefined));
  const backend = await openBackend({ startEngine, startReader: notingReader(asked) });
  const path = goldenPath('vit-28', 'adapters', 'lora');
  const { id } = await backend.handle('adapters.import', { path, modelId: 'tiny' });
  await backend.handle('adapters.contents', { id });
  expect(asked.filter((name) => name === 'modelConfig')).toHaveLength(1);
  const target = join(temporaryFolder(), 'mlx');
  await backend.handle('export.start', { adapterId: id, target: 'mlx', path: target });
  await backend.idle();
  // Refused by the format for its saved head, with the config at hand.
  expect(asked.filter((name) => name === 'modelConfig')).toHaveLength(2);
  const dataset = tinyIdx();
  const run = { ...tinyConfig, dataset, adapter: { r: 2, target_modules: '.*[qv]_proj' } };
  const adapters = [{ label: 'LoRA', coto: false, seed: 1, adapter: { run } }];
  await backend.handle('studies.create', { config: { kind: 'contribution', dataset, adapters } });
  expect(asked).toContain('plannedModules');
});

it('a config that nests deeper than any is refused before it is handed over', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.json'), `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  await expect(readModelConfig(folder)).rejects.toMatchObject({
    code: 'invalid_file',
    message: expect.stringContaining('nests more than 64 levels deep'),
  });
  writeFileSync(join(folder, 'config.json'), '{"a":[{"b":1}]}');
  expect((await readModelConfig(folder)).value).toEqual({ a: [{ b: 1 }] });
});

it('limits grow with the bytes that a file has on the disk, up to an end', async () => {
  const none = limitOf('model');
  expect(limitOf('model', 250e6).milliseconds).toBe(none.milliseconds + 10_000);
  expect(limitOf('model', 1e15).milliseconds).toBe(none.milliseconds + 600_000);
  expect(limitOf('importAdapter', 1e15).memoryBytes).toBeLessThan(1e13);
  const folder = temporaryFolder();
  withHole(join(folder, 'hole'), 2 ** 34);
  writeFileSync(join(folder, 'whole'), Buffer.alloc(2 ** 20, 1));
  expect(await storedBytes(folder)).toBe(2 ** 20);
  expect(await storedBytes(join(folder, 'missing'))).toBe(0);
});
