import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { describeAdapter } from '../../../../src-main/cli/commands/adapters.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath } from '../../../engine/golden.ts';
import { closeBackends, openBackend, scriptedEngine, temporaryFolder } from '../../support.ts';

afterEach(closeBackends);

const engine = () => scriptedEngine(() => Promise.reject(new Error('no engine')));

it('a kind that needs its base is converted on import, and the record tells the error', async () => {
  const backend = await openBackend({ startEngine: engine() });
  const path = goldenPath('lycoris', 'boft.safetensors');
  await expect(backend.handle('adapters.import', { path })).rejects.toThrow(/of the kind BOFT.*no base in the studio/);
  const model = await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  const adapter = await backend.handle('adapters.import', { path });
  expect(adapter).toMatchObject({ modelId: model.id, variant: 'lora', origin: { kind: 'import' } });
  const note = /Converted from BOFT\. Plain LoRA of ranks? .*; relative error of ΔW .* %, at most .* %/;
  expect(adapter.origin).toMatchObject({ note: expect.stringMatching(note) });
  expect(describeAdapter(adapter)).toMatch(note);
});

it('a PEFT folder whose keys have the adapter’s name is kept under the keys that PEFT loads', async () => {
  const backend = await openBackend({ startEngine: engine() });
  await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  const folder = temporaryFolder();
  cpSync(goldenPath('llama', 'adapters', 'lora'), folder, { recursive: true });
  const file = join(folder, 'adapter_model.safetensors');
  const tensors = await readSafetensors(file);
  const named = [...tensors].map(([key, tensor]) => [key.replace('.weight', '.default.weight'), tensor] as const);
  await writeSafetensors(file, new Map(named));
  const { id } = await backend.handle('adapters.import', { path: folder });
  const kept = await readSafetensors(join(backend.home, 'adapters', id, 'adapter_model.safetensors'));
  expect([...kept.keys()]).toEqual([...tensors.keys()]);
});

it('a fine-tuned model is added as the nearest LoRA of its base', async () => {
  const backend = await openBackend({ startEngine: engine() });
  const model = await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  const folder = temporaryFolder();
  cpSync(goldenPath('llama', 'base'), folder, { recursive: true });
  const file = join(folder, 'model.safetensors');
  const changed = 'model.layers.1.self_attn.v_proj.weight';
  const tensors = [...(await readSafetensors(file))].map(([key, tensor]) => {
    const data = Float32Array.from(tensor.data, (value, at) => value + (key === changed && at === 5 ? 1 : 0));
    return [key, { ...tensor, data }] as const;
  });
  await writeSafetensors(file, new Map(tensors));
  const adapter = await backend.handle('adapters.import', { path: folder, rank: 8 });
  expect(adapter).toMatchObject({
    modelId: model.id,
    variant: 'lora',
    origin: {
      kind: 'import',
      note: expect.stringMatching(/^Extracted from a fine-tuned model\. Plain LoRA of rank 1;/),
    },
  });
  const kept = await readSafetensors(join(backend.home, 'adapters', adapter.id, 'adapter_model.safetensors'));
  expect([...kept.keys()].map((key) => key.replace('base_model.model.', ''))).toEqual(
    ['lora_A', 'lora_B'].map((part) => changed.replace('weight', `${part}.weight`)),
  );
});
