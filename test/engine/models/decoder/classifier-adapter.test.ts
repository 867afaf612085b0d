import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-classifier-adapter-'));
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['llama-classifier', 'score.weight', [2, 3]],
  ['gpt2-tokens', 'classifier.weight', [2, 9, 3]],
])(
  'an adapter on %s trains the head along, and gives the same outputs when it is read again',
  async (name, head, shape) => {
    const base = await loadBaseModel(goldenPath(name, 'base'));
    const model = new AdaptedModel(base);
    const given = tensorsOf(await readSafetensors(goldenPath(name, 'inputs.safetensors')));
    const outputs = () => {
      const { logits } = model.outputs(given);
      return { shape: logits?.shape, values: logits?.dataSync().slice() ?? [] };
    };
    const own = outputs();
    expect(own.shape).toEqual(shape);
    const settings = adapterSettingsSchema.parse({
      variant: 'lora',
      parameters: { r: 2 },
      target_modules: 'all-linear',
    });
    await model.createAdapter(settings, { random: RandomStream.seeded(3, 'initialization'), labels: null });
    const trained = model.trainable();
    expect([...trained.keys()].filter((key) => !key.includes('lora_'))).toEqual(expect.arrayContaining([head]));
    for (const variable of trained.values()) tf.tidy(() => variable.assign(tf.add(variable, 0.05)));
    const changed = outputs();
    expect(relativeDifference(changed.values, own.values)).toBeGreaterThan(0.01);
    await writeAdapter(folder, await model.exportState(), { description: base.description, baseModelName: name });
    model.clear();
    model.loadState(await readAdapter(folder, base.description));
    expect(relativeDifference(outputs().values, changed.values)).toBeLessThan(1e-6);
    rmSync(folder, { recursive: true });
    tf.dispose(given);
    model.dispose();
    base.dispose();
  },
);
