import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { nativeBackend } from '../../../src-main/engine/compute/native.ts';
import { convertGguf } from '../../../src-main/engine/formats/gguf/convert.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import { openSafetensors, readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { streamSafetensors } from '../../../src-main/engine/tensors/safetensors-stream.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { tokenBatch } from '../batches.ts';
import { attendedValues, goldenPath, relativeDifference, tensorsOf } from '../golden.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coto-encoded-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!('addon' in loadAddon()))('a base whose matrices stay as they are encoded', () => {
  beforeAll(() => activateCompute('native'));

  it.each(['llama-bf16', 'llama-f16'])('gives the outputs of transformers: %s', async (family) => {
    const inputs = await readSafetensors(goldenPath(family, 'inputs.safetensors'));
    const expected = await readSafetensors(goldenPath(family, 'base-outputs.safetensors'));
    const base = await loadBaseModel(goldenPath(family, 'base'), { encoded: true });
    const given = tensorsOf(inputs);
    const outputs = new AdaptedModel(base).outputs(given);
    for (const [name, values] of expected) {
      const actual = outputs[name]?.dataSync() ?? [];
      const difference = relativeDifference(...attendedValues(actual, values, inputs.get('attention_mask')));
      expect(difference, `${name} is off by ${difference}`).toBeLessThan(1e-5);
    }
    tf.dispose([given, outputs]);
    base.dispose();
  });

  it.each(['lora', 'dora', 'hira'])('trains %s to the same losses in less memory', async (variant) => {
    const [encoded, decoded] = [await train(variant, { encoded: true }), await train(variant, { encoded: false })];
    expect(relativeDifference(encoded.losses, decoded.losses)).toBeLessThan(1e-5);
    expect(new Set(encoded.losses).size).toBe(3);
    expect(encoded.weightBytes).toBeLessThan(0.6 * decoded.weightBytes);
  });

  it.each(['llama', 'qwen2', 'qwen3', 'gpt2'])(
    'computes and trains a GGUF file kept in its blocks like its values: %s',
    async (name) => {
      const [packed, decoded] = [path.join(folder, `${name}-packed`), path.join(folder, `${name}-decoded`)];
      for (const [directory, options] of [
        [packed, {}],
        [decoded, { decoded: true }],
      ] as const) {
        await mkdir(directory);
        await convertGguf(path.join(goldenPath('gguf'), `${name}.gguf`), directory, options);
      }
      const [own, plain] = [await train('lora', { directory: packed }), await train('lora', { directory: decoded })];
      expect(relativeDifference(own.losses, plain.losses)).toBeLessThan(1e-5);
      expect(own.losses.at(-1)).toBeLessThan(own.losses[0] ?? 0);
      expect(own.weightBytes).toBeLessThan(0.6 * plain.weightBytes);
      // A backend that keeps nothing encoded decodes as it loads.
      await activateCompute('wasm');
      const elsewhere = await train('lora', { directory: packed });
      await activateCompute('native');
      expect(relativeDifference(elsewhere.losses, plain.losses)).toBeLessThan(1e-4);
    },
  );

  it('is refused with NaN, by the name of the tensor', async () => {
    const directory = path.join(folder, 'damaged');
    await cp(goldenPath('llama-bf16', 'base'), directory, { recursive: true });
    const file = path.join(directory, 'model.safetensors');
    const name = 'model.layers.1.mlp.up_proj.weight';
    await damage(file, name);
    await expect(loadBaseModel(directory, { encoded: true })).rejects.toThrow(
      `${file}: tensor "${name}" contains numbers that are not finite (NaN or infinity).`,
    );
  });
});

/** Writes a file of 16-bit tensors again, with a NaN in one of them. */
async function damage(file: string, damaged: string): Promise<void> {
  const source = await openSafetensors(file);
  const tensors = await Promise.all(
    source.names.map(async (name) => {
      const { shape, data } = await source.read(name);
      const halves = Uint16Array.from(data, (value) => new DataView(Float32Array.of(value).buffer).getUint16(2, true));
      if (name === damaged) halves[5] = 0x7fc0;
      return { name, dtype: 'BF16', shape, pieces: () => [new Uint8Array(halves.buffer)] };
    }),
  );
  await source.close();
  await streamSafetensors(file, tensors);
}

async function train(variant: string, { directory = goldenPath('llama-bf16', 'base'), encoded = false }) {
  const before = nativeBackend.peakBytes?.read() ?? 0;
  nativeBackend.peakBytes?.reset();
  const start = nativeBackend.peakBytes?.read() ?? before;
  const base = await loadBaseModel(directory, { encoded });
  const weightBytes = (nativeBackend.peakBytes?.read() ?? 0) - start;
  const model = new AdaptedModel(base);
  await model.createAdapter(
    adapterSettingsSchema.parse({ variant, target_modules: 'all-linear', parameters: { r: 4 } }),
    { random: RandomStream.seeded(42, 'initialization'), labels: null },
  );
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1);
  model.setTraining(true);
  const ids = Int32Array.from({ length: 48 }, (_, at) => (at * 13) % 60);
  const labels = Int32Array.from(ids, (_, at) => ids[at + 1] ?? -100);
  const batch = tokenBatch({ input_ids: { shape: [2, 24], data: ids } }, labels);
  const losses: number[] = [];
  for (let count = 0; count < 3; count++) losses.push((await step.run([batch], 1e-2, new Set())).loss);
  optimizer.dispose();
  model.dispose();
  base.dispose();
  return { losses, weightBytes };
}
