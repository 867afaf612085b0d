import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { TrainingMethod } from '../../../../src-main/engine/adapters/variant/variant-training.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { MicroBatch } from '../../../../src-main/engine/losses/batch-loss.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { createOptimizer } from '../../../../src-main/engine/optimizers/index.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { StepTimes } from '../../../../src-main/engine/training/step-times.ts';
import { type StepReport, TrainingStep } from '../../../../src-main/engine/training/training-step.ts';
import { classBatch } from '../../batches.ts';
import { floats, goldenPath } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

let model: AdaptedModel;
let batch: MicroBatch;
const plan = { totalSteps: 1, optim: 'adamw', learningRate: 1, weightDecay: 0, unit: null } as const;
const name = 'vit.layers.0.attention.q_proj.lora_B.weight';

beforeAll(async () => {
  await activateCompute(testCompute);
  model = new AdaptedModel(await loadBaseModel(goldenPath('vit', 'base')));
  const pixels = (await readSafetensors(goldenPath('vit', 'inputs.safetensors'))).get('pixel_values');
  if (!pixels) throw new Error('no inputs');
  const labels = Int32Array.from({ length: pixels.shape[0] ?? 0 }, (_, at) => at);
  batch = classBatch({ pixel_values: { shape: pixels.shape, data: floats(pixels) } }, labels);
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
});

/** One step of gradient descent by the gradients themselves, with a variant that is trained so. */
async function stepWith(
  method: TrainingMethod,
): Promise<{ report: StepReport; gradient: Float32Array; b: Float32Array }> {
  const state = await readAdapter(goldenPath('vit', 'adapters', 'lora'), model.base.description);
  model.loadState({ ...state, variant: { ...state.variant, training: { begin: () => method } } });
  const b = Float32Array.from(model.trainable().get(name)?.dataSync() ?? []);
  let gradient = new Float32Array(0);
  const keeping = {
    step: (gradients: ReadonlyMap<string, tf.Tensor>) => {
      gradient = Float32Array.from(gradients.get(name)?.dataSync() ?? []);
    },
    state: async () => ({ steps: new Map(), tensors: new Map() }),
    restore: () => undefined,
    dispose: () => undefined,
  };
  const report = await new TrainingStep(model, keeping, 0, {}, model.trainingHooks(plan)).run([batch], 1, new Set());
  return { report, gradient, b };
}

it('adds a penalty to the loss, and its gradient to those of the loss', async () => {
  const plain = await stepWith({});
  // 1.5 · ‖B‖² of one module has the gradient 3 · B.
  const penalized = await stepWith({
    penalty(adapted) {
      const b = adapted[0]?.tensors.get('b');
      if (!b) throw new Error('no B');
      const flat = tf.reshape(b, [1, b.size]);
      return tf.mul(tf.reshape(tf.matMul(flat, tf.transpose(flat)), []), 1.5);
    },
  });
  const squares = plain.b.reduce((sum, value) => sum + value * value, 0);
  expect(penalized.report.loss).toBeCloseTo(plain.report.loss + 1.5 * squares, 4);
  penalized.gradient.forEach((value, at) => {
    expect(value).toBeCloseTo((plain.gradient[at] ?? 0) + 3 * (plain.b[at] ?? 0), 4);
  });
});

it('lets gradients be replaced after their norm was measured', async () => {
  const plain = await stepWith({});
  const doubled = await stepWith({
    transformGradients(gradients, adapted) {
      const own = adapted[0]?.trainedNames.get('b') ?? '';
      const before = gradients.get(own);
      if (!before) throw new Error(own);
      gradients.set(own, tf.mul(before, 2));
      before.dispose();
    },
  });
  expect(doubled.report.gradientNorm).toBe(plain.report.gradientNorm);
  doubled.gradient.forEach((value, at) => {
    expect(value).toBe(2 * (plain.gradient[at] ?? Number.NaN));
  });
});

it('gives groups of variables rates and decays of their own', async () => {
  const value = (variable: tf.Variable | undefined) => variable?.dataSync()[0];
  const variables = new Map(['slow', 'fast'].map((key) => [key, tf.variable(tf.tensor1d([1]))]));
  const groups = [
    { names: new Set(['slow']), learningRateFactor: 1, weightDecay: 0.5 },
    { names: new Set(['fast']), learningRateFactor: 4, weightDecay: 0 },
  ];
  const optimizer = createOptimizer(
    'adamw',
    variables,
    { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, momentum: 0, reg: 0.01 },
    groups,
  );
  const gradients = new Map(['slow', 'fast'].map((key) => [key, tf.tensor1d([2])]));
  await optimizer.step(gradients, 0.1, 1);
  // The first step of Adam moves by the rate; the decay takes rate · decay of the value before.
  expect(value(variables.get('slow'))).toBeCloseTo(1 - 0.1 * 0.5 - 0.1, 5);
  expect(value(variables.get('fast'))).toBeCloseTo(1 - 0.4, 5);
  optimizer.dispose();
  tf.dispose([...variables.values(), ...gradients.values()]);
});

it('keeps the times of steps in a space that does not grow with them', () => {
  const times = StepTimes.of(Array.from({ length: 100_001 }, (_, at) => 10 + (at % 100)));
  expect(JSON.stringify(times.state()).length).toBeLessThan(6000);
  expect(times.mean).toBeCloseTo(59.5, 2);
  expect(Math.abs(times.median / 60 - 1)).toBeLessThan(0.02);
  const again = StepTimes.restored(times.state());
  expect(again.state()).toEqual(times.state());
  expect([again.median, again.total, again.steps]).toEqual([times.median, times.total, times.steps]);
  expect([new StepTimes().mean, new StepTimes().median]).toEqual([0, 0]);
});
