import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath } from '../../../engine/golden.ts';
import { closeBackends, openBackend, realEngine, temporaryFolder } from '../../support.ts';

afterEach(closeBackends);

const tensors = (folder: string) => readSafetensors(join(folder, 'adapter_model.safetensors'));

it.each(['pissa', 'olora'])('PEFT’s %s is imported as plain LoRA, and leaves in PEFT’s form again', async (name) => {
  const backend = await openBackend({ startEngine: realEngine });
  const model = await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  const path = goldenPath('llama', 'adapters', name);
  // Without its start beside it.
  const bare = temporaryFolder();
  for (const file of ['adapter_config.json', 'adapter_model.safetensors']) cpSync(join(path, file), join(bare, file));
  const canRebuildResidual = await backend.handle('adapters.import', { path: bare, modelId: model.id });
  expect(canRebuildResidual.parameters).toMatchObject({ r: 8, lora_alpha: 16 });
  const adapter = await backend.handle('adapters.import', { path, modelId: model.id, name: 'mine' });
  expect(adapter).toMatchObject({
    name: 'mine',
    variant: 'lora',
    parameters: { r: 8, lora_alpha: 16, init_lora_weights: 'kaiming' },
    origin: { kind: 'import', path },
  });
  const jobs = await backend.handle('jobs.list', { active: false });
  expect(jobs.map(({ kind, status }) => [kind, status])).toEqual([
    ['import-adapter', 'completed'],
    ['import-adapter', 'completed'],
  ]);

  const target = join(temporaryFolder(), 'again');
  await backend.handle('export.start', {
    adapterId: adapter.id,
    target: 'peft-residual',
    path: target,
    parameters: { init_lora_weights: name },
  });
  await backend.idle();
  const config: unknown = JSON.parse(readFileSync(join(target, 'adapter_config.json'), 'utf8'));
  expect(config).toMatchObject({ r: 4, lora_alpha: 8, init_lora_weights: name });
  const given = await tensors(path);
  const written = await tensors(target);
  expect([...written.keys()].sort()).toEqual([...given.keys()].sort());
  for (const [key, tensor] of given) expect(written.get(key)).toEqual(tensor);
  expect(existsSync(join(target, 'init', 'adapter_model.safetensors'))).toBe(true);

  const other = join(temporaryFolder(), 'other');
  const refused = await backend.handle('export.start', {
    adapterId: adapter.id,
    target: 'peft-residual',
    path: other,
    parameters: { init_lora_weights: name === 'pissa' ? 'olora' : 'pissa' },
  });
  await backend.idle();
  expect(await backend.handle('jobs.get', { id: refused.id })).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('or was changed since') },
  });
  expect(existsSync(other)).toBe(false);
});

it('an adapter on a residual base is refused where its base is not at hand', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  await expect(
    backend.handle('adapters.import', { path: goldenPath('llama', 'adapters', 'pissa') }),
  ).rejects.toMatchObject({
    message: expect.stringContaining('residual base'),
    hint: expect.stringContaining('Add its base'),
  });
});
