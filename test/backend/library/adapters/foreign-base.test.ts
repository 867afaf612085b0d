import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath } from '../../../engine/golden.ts';
import { closeBackends, openBackend, realEngine, temporaryFolder } from '../../support.ts';

afterEach(closeBackends);

it('adapters of a base that is not in the studio are imported, merged, pruned and exported', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const folder = (name: string) => goldenPath('llama', 'merges', 'equal', name);
  const one = await backend.handle('adapters.import', { path: folder('a0') });
  const other = await backend.handle('adapters.import', { path: folder('a1') });
  expect(one).toMatchObject({ modelId: null, layers: [0, 1, 2], variant: 'lora' });
  expect(one.foreignBase).not.toBeNull();
  expect(await backend.handle('adapters.contents', { id: one.id })).toMatchObject({ embeddings: [] });

  const adapters = [one, other].map(({ id }) => ({ adapterId: id, weight: 0.5 }));
  const lines = await backend.handle('merge.preflight', { adapters, method: 'ties', parameters: {} });
  expect(lines[0]).toMatchObject({ check: 'base', verdict: 'warning' });
  expect(lines.filter(({ verdict }) => verdict === 'refused')).toEqual([]);
  await backend.handle('merge.start', { adapters, method: 'ties', parameters: {}, name: 'merged' });
  await backend.idle();
  await backend.handle('prune.start', { adapterId: one.id, method: 'svd', parameters: { rank: 1 }, name: 'resized' });
  await backend.idle();
  const records = await backend.handle('adapters.list', {});
  const merged = records.find(({ name }) => name === 'merged');
  expect(merged).toMatchObject({ modelId: null, foreignBase: one.foreignBase, layers: [0, 1, 2] });
  expect(records.find(({ name }) => name === 'resized')).toMatchObject({ modelId: null, parameters: { r: 1 } });

  const path = join(temporaryFolder(), 'peft');
  await backend.handle('export.start', { adapterId: merged?.id ?? '', target: 'peft', path });
  await backend.idle();
  // With the base in the studio it is an adapter like any other.
  const model = await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  expect(await backend.handle('adapters.import', { path })).toMatchObject({ modelId: model.id, foreignBase: null });
  const job = await backend.handle('export.start', { adapterId: one.id, target: 'merged', path: `${path}-merged` });
  await backend.idle();
  expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({
    status: 'failed',
    error: { code: 'refused', message: expect.stringContaining('is not in the studio') },
  });
});

it('adapters of foreign bases with other shapes are not merged', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const one = await backend.handle('adapters.import', { path: goldenPath('llama', 'adapters', 'lora') });
  const other = await backend.handle('adapters.import', { path: goldenPath('qwen3', 'adapters', 'lora') });
  const adapters = [one, other].map(({ id }) => ({ adapterId: id, weight: 0.5 }));
  await expect(backend.handle('merge.preflight', { adapters, method: 'ties', parameters: {} })).rejects.toThrow(
    /do not fit together: .* in "lora", and .* in "lora"/,
  );
});

it('a kohya file of an image model is imported, resized and exported again', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const name = 'lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q';
  const values = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => Math.sin(at)),
  });
  const file = join(temporaryFolder(), 'style.safetensors');
  await writeSafetensors(
    file,
    new Map([
      [`${name}.lora_down.weight`, values(4, 8)],
      [`${name}.lora_up.weight`, values(6, 4)],
      [`${name}.alpha`, { shape: [], data: Float32Array.of(2) }],
    ]),
    {
      ss_sd_model_name: 'sd_xl_base_1.0.safetensors',
      ss_sd_model_hash: '31e35c80fc',
      ss_base_model_version: 'sdxl_base_v1-0',
    },
  );
  const adapter = await backend.handle('adapters.import', { path: file });
  expect(adapter).toMatchObject({
    name: 'style',
    modelId: null,
    foreignBase: { name: 'sd_xl_base_1.0.safetensors', hash: '31e35c80fc', architecture: 'sdxl_base_v1-0' },
    parameters: { r: 4, lora_alpha: 2 },
    targetModules: ['to_q'],
    layers: [0],
  });
  await backend.handle('prune.start', { adapterId: adapter.id, method: 'svd', parameters: { rank: 2 }, name: 'small' });
  await backend.idle();
  const small = (await backend.handle('adapters.list', {})).find((one) => one.name === 'small');
  expect(small).toMatchObject({ foreignBase: adapter.foreignBase, parameters: { r: 2, lora_alpha: 1 } });
  const write = async (target: string, path: string) => {
    const job = await backend.handle('export.start', { adapterId: small?.id ?? '', target, path });
    await backend.idle();
    expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({ status: 'completed' });
    return [...(await readSafetensors(path))].map(([key, { shape }]) => [key, shape]);
  };
  expect(await write('kohya', `${file}-small.safetensors`)).toEqual([
    [`${name}.lora_down.weight`, [2, 8]],
    [`${name}.lora_up.weight`, [6, 2]],
    [`${name}.alpha`, []],
  ]);
  const pointed = 'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q';
  expect(await write('diffusers', `${file}-diffusers.safetensors`)).toEqual([
    [`${pointed}.lora_A.weight`, [2, 8]],
    [`${pointed}.lora_B.weight`, [6, 2]],
  ]);
});

it('GGUF, MLX and Ollama exports of a base in the studio come back as the same adapter', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const model = await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  const adapter = await backend.handle('adapters.import', {
    path: goldenPath('llama', 'adapters', 'lora'),
    modelId: model.id,
  });
  const folder = temporaryFolder();
  for (const [target, end] of [
    ['gguf-lora', '.gguf'],
    ['mlx', ''],
    ['kohya', '.safetensors'],
  ] as const) {
    const path = join(folder, `${target}${end}`);
    await backend.handle('export.start', { adapterId: adapter.id, target, path });
    await backend.idle();
    const again = await backend.handle('adapters.import', { path });
    expect(again).toMatchObject({ modelId: model.id, parameters: { r: 4 } });
    expect(again.sha256).toBe(adapter.sha256);
  }
  const path = join(folder, 'ollama');
  await backend.handle('export.start', {
    adapterId: adapter.id,
    target: 'ollama',
    path,
    parameters: { from: 'llama3.2' },
  });
  await backend.idle();
  expect(readFileSync(join(path, 'Modelfile'), 'utf8')).toBe('FROM llama3.2\nADAPTER ./adapter.gguf\n');
});

it('a pickle is refused with the way out', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  for (const name of ['lora.pt', 'adapter_model.bin', 'lora.ckpt']) {
    const file = join(temporaryFolder(), name);
    writeFileSync(file, 'PK');
    await expect(backend.handle('adapters.import', { path: file })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/is a pickle, and loading a pickle runs/),
      hint: expect.stringContaining('safetensors.torch.save_file'),
    });
  }
});
