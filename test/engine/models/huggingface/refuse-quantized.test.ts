import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath } from '../../golden.ts';

const pointer =
  'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coto-refuse-quantized-'));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ model_type: 'llama' }));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('weights in a quantization that is not read', () => {
  it.each([
    ['GPTQ', ['qweight', 'qzeros', 'scales', 'g_idx']],
    ['AWQ', ['qweight', 'qzeros', 'scales']],
    ['compressed-tensors', ['weight_packed', 'weight_scale']],
    ['FP8 with scales', ['weight', 'weight_scale_inv']],
    ['HQQ', ['W_q', 'meta']],
  ])('are refused as %s by their tensors', async (label, parts) => {
    const tensors = parts.map(
      (part) => [`model.layers.0.self_attn.q_proj.${part}`, { shape: [1], data: new Int32Array(1) }] as const,
    );
    await writeSafetensors(join(folder, 'model.safetensors'), new Map(tensors));
    await expect(describeModel(folder)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining(`the weights are quantized with ${label} (model.layers.0.self_attn.q_proj.`),
      hint: expect.stringContaining('Choose the unquantized model'),
    });
  });

  it.each([
    ['GPTQ', 'quantize_config.json'],
    ['AWQ', 'quant_config.json'],
  ])('are refused as %s by the file of its program, where they have names of their own', async (label, file) => {
    await writeFile(join(folder, file), '{"bits": 4}');
    await expect(describeModel(folder)).rejects.toThrow(`${folder}: the weights are quantized with ${label} (${file})`);
  });
});

describe('a pointer of Git LFS', () => {
  it('is refused as such in place of weights', async () => {
    await writeFile(join(folder, 'model.safetensors'), pointer);
    await expect(describeModel(folder)).rejects.toMatchObject({
      message: `${join(folder, 'model.safetensors')} is a pointer of Git LFS, not the file itself.`,
      hint: 'Run "git lfs pull" in its repository, or download the file itself.',
    });
  });

  it('is refused as such in place of config.json', async () => {
    await writeFile(join(folder, 'config.json'), pointer);
    await expect(describeModel(folder)).rejects.toThrow('config.json is a pointer of Git LFS');
  });

  it.each(['adapter_config.json', 'adapter_model.safetensors'])('is refused as such in place of %s', async (file) => {
    const description = await describeModel(goldenPath('llama', 'base'));
    await writeFile(
      join(folder, 'adapter_config.json'),
      JSON.stringify({ peft_type: 'LORA', target_modules: ['q_proj'] }),
    );
    await writeFile(join(folder, file), pointer);
    await expect(readAdapter(folder, description)).rejects.toThrow(`${file} is a pointer of Git LFS`);
  });
});
