import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { withoutAdapterName } from '../../../../src-main/engine/adapters/peft/adapter-name.ts';
import { dropAdapterName } from '../../../../src-main/engine/adapters/peft/name-without-head.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath } from '../../golden.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coto-adapter-name-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it.each(['lora', 'dora', 'ia3'])(
  'reads a %s whose keys have the adapter’s name, and drops it from the copy',
  async (variant) => {
    const given = goldenPath('llama', 'adapters', variant);
    const description = await describeModel(goldenPath('llama', 'base'));
    const expected = await readAdapter(given, description);
    await cp(given, folder, { recursive: true });
    const file = join(folder, 'adapter_model.safetensors');
    const tensors = await readSafetensors(file);
    const own = (key: string) => key.replace(/(\.weight)?$/, '.default$1');
    await writeSafetensors(file, new Map([...tensors].map(([key, tensor]) => [own(key), tensor])));
    expect((await readAdapter(folder, description)).modules).toEqual(expected.modules);
    await dropAdapterName(folder);
    expect([...(await readSafetensors(file)).keys()]).toEqual([...tensors.keys()]);
  },
);

it('leaves the file of PEFT’s save_pretrained unchanged', async () => {
  await cp(goldenPath('llama', 'adapters', 'lora'), folder, { recursive: true });
  const file = join(folder, 'adapter_model.safetensors');
  const before = await readFile(file);
  await dropAdapterName(folder);
  expect(await readFile(file)).toEqual(before);
});

it('takes modules saved whole and biases for what they are', () => {
  const keys = [
    'base_model.model.model.layers.0.self_attn.q_proj.lora_A.mine.weight',
    'base_model.model.model.layers.0.self_attn.q_proj.lora_B.mine.bias',
    'base_model.model.score.modules_to_save.mine.weight',
    'base_model.model.score.original_module.weight',
  ];
  expect([...withoutAdapterName(new Map(keys.map((key) => [key, 0]))).keys()]).toEqual([
    'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
    'base_model.model.model.layers.0.self_attn.q_proj.lora_B.bias',
    'base_model.model.score.weight',
    'base_model.model.score.original_module.weight',
  ]);
});
