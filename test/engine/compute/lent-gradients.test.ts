import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import { Sgd } from '../../../src-main/engine/optimizers/sgd.ts';
import { OwnPass } from '../../../src-main/engine/training/step-gradients.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { tokenBatch } from '../batches.ts';
import { goldenPath } from '../golden.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');

beforeAll(async () => {
  if (report?.available) await activateCompute('webgpu');
});

const shape = [1, 6];
const data = Int32Array.from([3, 9, 4, 11, 5, 8]);
const inputs = { input_ids: { shape, data }, attention_mask: { shape, data: new Int32Array(6).fill(1) } };
const batches = [tokenBatch(inputs, Int32Array.from([9, 4, 11, 5, 8, -100]))];

async function adaptedLlama() {
  const base = await loadBaseModel(goldenPath('llama', 'base'));
  const model = new AdaptedModel(base);
  const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear', variant: 'lora', parameters: { r: 3 } });
  await model.createAdapter(settings, { random: RandomStream.seeded(1, 'initialization'), labels: null });
  model.setTraining(true);
  const active = [...model.trainable()];
  const end = () => {
    model.dispose();
    base.dispose();
  };
  return { model, active, end };
}

describe.skipIf(report?.available !== true)('gradients of replayed passes', () => {
  it('are the same tensors in every step where they may be lent, and new ones elsewhere', async () => {
    const before = tf.memory().numTensors;
    const { model, active, end } = await adaptedLlama();
    const source = new OwnPass(model);
    const steps: { isLent: boolean; tensor: tf.Tensor | undefined; values: unknown }[] = [];
    for (const mayLend of [true, true, true, true, false]) {
      const { gradients, giveBack } = await source.gradients({ batches, active, mayLend });
      const tensor = gradients.get(active[0]?.[0] ?? '');
      expect(gradients.size).toBe(active.length);
      const copy = tensor && tf.mul(tensor, 1);
      steps.push({ isLent: giveBack !== undefined, tensor, values: await copy?.data() });
      copy?.dispose();
      if (giveBack) giveBack();
      else tf.dispose([...gradients.values()]);
    }
    // The second is recorded; those before the last are replayed.
    expect(steps.map(({ isLent }) => isLent)).toEqual([false, false, true, true, false]);
    expect(steps[3]?.tensor).toBe(steps[2]?.tensor);
    expect(steps[4]?.tensor).not.toBe(steps[2]?.tensor);
    expect(new Set(steps.map(({ values }) => String(values))).size).toBe(1);
    source.end();
    end();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    ['AdamW alone', true],
    ['SGD, which may keep them', false],
    ['a hook, which may replace them', false],
  ])('are lent to %s: %s', async (who, isLent) => {
    const { model, end } = await adaptedLlama();
    const options = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0 };
    const optimizer = who.startsWith('SGD')
      ? new Sgd(model.trainable(), { momentum: 0.9, weightDecay: 0 })
      : new AdamW(model.trainable(), options);
    const asked: (boolean | undefined)[] = [];
    const own = new OwnPass(model);
    const source = {
      gradients: (request: Parameters<OwnPass['gradients']>[0]) => {
        asked.push(request.mayLend);
        return own.gradients(request);
      },
    };
    const hooks = who.startsWith('a hook') ? { afterStep: () => undefined } : {};
    const step = new TrainingStep(model, optimizer, 1, {}, hooks, source);
    for (const at of [0, 1, 2]) await step.run(batches, 0.01, new Set(), at);
    expect(asked).toEqual([isLent, isLent, isLent]);
    own.end();
    optimizer.dispose();
    end();
  });
});
