import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { differentiated } from '../../../src-main/bench/conformance/differentiated.ts';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { Optimizer } from '../../../src-main/engine/optimizers/optimizer.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { tokenBatch } from '../batches.ts';
import { goldenPath, relativeDifference } from '../golden.ts';

const [batch, tokens] = [2, 12];
const random = RandomStream.seeded(3, 'study');
const ids = Int32Array.from({ length: batch * tokens }, () => random.integer(60));

let model: AdaptedModel;
beforeAll(async () => {
  await activateCompute('wasm');
  model = new AdaptedModel(await loadBaseModel(goldenPath('llama', 'base')));
  const settings = adapterSettingsSchema.parse({ r: 2, target_modules: ['q_proj', 'v_proj', 'down_proj'] });
  await model.createAdapter(settings, { random, labels: null });
  for (const [name, variable] of model.trainable())
    if (name.includes('lora_B')) tf.tidy(() => variable.assign(tf.randomNormal(variable.shape, 0, 0.1, 'float32', 4)));
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
});

it.each([
  ['of each row the last four count', (_: number, at: number) => at >= tokens - 4],
  ['one token counts', (row: number, at: number) => row === 1 && at === 5],
  ['all but one count', (row: number, at: number) => row !== 0 || at !== 3],
  ['none counts', () => false],
])('trains by the tokens that count as by all with the others ignored: %s', async (_, counts) => {
  const labels = ids.map((id, place) => (counts(Math.floor(place / tokens), place % tokens) ? id : -100));
  const before = tf.memory().numTensors;
  const variables = [...model.trainable()];
  const whole = tf.tidy(() => {
    const below = model.forwardBelow({ input_ids: tf.tensor2d(ids, [batch, tokens], 'int32') });
    const classes = tf.tensor1d(labels, 'int32');
    const made = differentiated(
      () => model.loss(model.statesFrom(below), classes),
      variables.map(([, variable]) => variable),
    );
    return [made.value, ...made.gradients].map((tensor) => [...tensor.dataSync()]);
  });
  const seen: number[][] = [];
  const optimizer: Optimizer = {
    step: (gradients) => void seen.push(...variables.map(([name]) => [...(gradients.get(name)?.dataSync() ?? [])])),
    state: async () => ({ steps: new Map(), tensors: new Map() }),
    restore: () => undefined,
    dispose: () => undefined,
  };
  const inputs = { input_ids: { shape: [batch, tokens], data: ids } };
  const { loss } = await new TrainingStep(model, optimizer, 0).run([tokenBatch(inputs, labels)], 0, new Set());
  expect(loss).toBeCloseTo(whole[0]?.[0] ?? Number.NaN, 5);
  for (const [index, gradient] of seen.entries()) {
    const expected = whole[index + 1] ?? [];
    expect(gradient).toHaveLength(expected.length);
    if (expected.some((value) => value !== 0)) expect(relativeDifference(gradient, expected)).toBeLessThan(1e-5);
    else expect(gradient.every((value) => value === 0)).toBe(true);
  }
  expect(seen).toHaveLength(variables.length);
  expect(tf.memory().numTensors).toBe(before);
});
