import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { copyOf } from '../../cli/bad-input-support.ts';
import { goldenPath } from '../../engine/golden.ts';
import {
  closeBackends,
  openBackend,
  realEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

afterEach(closeBackends);

/** Flips a bit in the middle of a file, whose times stay as they are. */
function rot(file: string): void {
  const { atime, mtime } = statSync(file);
  const bytes = readFileSync(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 4;
  writeFileSync(file, bytes);
  utimesSync(file, atime, mtime);
}

it('names each adapter, checkpoint and base in which a bit has flipped', async () => {
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
  const found = async () =>
    (await backend.handle('app.checks', {}))
      .filter(({ id }) => id === 'stored-files')
      .flatMap(({ findings }) => findings.map(({ message }) => message));
  const base = copyOf(temporaryFolder());
  await backend.handle('models.add', { path: base, name: 'own' });
  const path = goldenPath('vit-28', 'adapters', 'lora');
  const adapter = await backend.handle('adapters.import', { path, modelId: 'tiny' });
  const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 2, save_steps: 1 };
  const { run } = await backend.handle('runs.create', { config });
  await backend.idle();
  expect(await found()).toEqual([]);
  const [checkpoint] = (await backend.handle('runs.get', { id: run.id })).checkpoints;
  rot(join(backend.home, adapter.folder, 'adapter_model.safetensors'));
  rot(join(backend.home, checkpoint?.folder ?? '', 'optimizer.safetensors'));
  rot(join(base, 'model.safetensors'));
  expect(await found()).toEqual([
    expect.stringMatching(/^The adapter ".*" is damaged: .*adapter_model\.safetensors has been changed/),
    expect.stringMatching(/^The checkpoint .* is damaged: optimizer\.safetensors has changed since it was written/),
    expect.stringMatching(/^The model "own" is not what was added/),
  ]);
});
