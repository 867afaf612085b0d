import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { readAdapter } from '../../../src-main/engine/formats/peft-adapter.ts';
import { readSafetensors } from '../../../src-main/engine/formats/safetensors.ts';
import { AdaptedModel } from '../../../src-main/engine/lora/adapted-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { learningRateSchedules } from '../../../src-main/engine/training/learning-rate/index.ts';
import { AdamW } from '../../../src-main/engine/training/optimizers/adamw.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { floats, goldenPath, relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

const trajectorySchema = z.object({
  learning_rate: z.number(),
  betas: z.tuple([z.number(), z.number()]),
  eps: z.number(),
  weight_decay: z.number(),
  warmup_steps: z.number(),
  steps: z.number(),
  max_grad_norm: z.number(),
  learning_rates: z.array(z.number()),
  loss: z.array(z.number()),
  grad_norm_before_clipping: z.array(z.number()),
  active_layers: z.array(z.array(z.number())).nullable(),
});

beforeAll(async () => {
  await activateCompute(testCompute);
});

/** PyTorch's run of `vit/train/<variant>`, taken here over the same batches, masks and settings. */
describe.each(['lora', 'lora-coto'])('vit/train/%s', (variant) => {
  it('has the losses, gradient norms, final tensors and final logits of PyTorch', async () => {
    const folder = goldenPath('vit', 'train', variant);
    const trajectory = trajectorySchema.parse(JSON.parse(readFileSync(`${folder}/trajectory.json`, 'utf8')));
    const batches = await readSafetensors(goldenPath('vit', 'train', 'batches.safetensors'));
    const base = await loadBaseModel(goldenPath('vit', 'base'));
    const model = new AdaptedModel(base);
    model.loadState(await readAdapter(`${folder}/start`, base.description));
    const optimizer = new AdamW(model.trainable(), {
      beta1: trajectory.betas[0],
      beta2: trajectory.betas[1],
      epsilon: trajectory.eps,
      weightDecay: trajectory.weight_decay,
    });
    const training = new TrainingStep(model, optimizer, trajectory.max_grad_norm);
    const groups = model.groups('layer');
    const tensorsBefore: number[] = [];

    for (let step = 0; step < trajectory.steps; step++) {
      const length = { warmupSteps: trajectory.warmup_steps, totalSteps: trajectory.steps };
      const learningRate = trajectory.learning_rate * learningRateSchedules.cosine.factor(step, length);
      expect(Math.abs(learningRate - (trajectory.learning_rates[step] ?? Number.NaN))).toBeLessThan(1e-9);
      const mask = trajectory.active_layers?.[step] ?? null;
      model.setActive(groups, mask ? Uint8Array.from(mask) : null);
      const frozen = new Set(groups.flatMap((group, index) => (mask?.[index] === 0 ? group.variableNames : [])));
      const pixels = batches.get(`${step}.pixel_values`);
      const labels = batches.get(`${step}.labels`);
      if (!pixels || !labels) throw new Error(`no batch ${step}`);
      const batch = {
        inputs: { pixel_values: { shape: pixels.shape, data: floats(pixels) } },
        labels: Int32Array.from(labels.data),
      };
      const report = await training.run([batch], learningRate, frozen);
      expect(Math.abs(report.loss / (trajectory.loss[step] ?? Number.NaN) - 1)).toBeLessThan(1e-4);
      const expectedNorm = trajectory.grad_norm_before_clipping[step] ?? Number.NaN;
      expect(Math.abs(report.gradientNorm / expectedNorm - 1)).toBeLessThan(1e-4);
      tensorsBefore.push(tf.memory().numTensors);
    }

    const end = await readAdapter(`${folder}/end`, base.description);
    const ours = await model.exportState();
    for (const [name, factors] of end.modules) {
      const own = ours.modules.get(name);
      expect(largestDifference(own?.a.data, factors.a.data)).toBeLessThan(1e-3);
      expect(largestDifference(own?.b.data, factors.b.data)).toBeLessThan(1e-3);
    }
    for (const [name, tensor] of end.saved)
      expect(largestDifference(ours.saved.get(name)?.data, tensor.data)).toBeLessThan(1e-3);

    model.setActive(groups, null);
    const inputs = await readSafetensors(goldenPath('vit', 'inputs.safetensors'));
    const expected = await readSafetensors(`${folder}/end/expected.safetensors`);
    const pixels = inputs.get('pixel_values');
    const logits = expected.get('logits');
    if (!pixels || !logits) throw new Error('golden files lack pixel_values or logits');
    const actual = tf.tidy(() =>
      model.forward({ pixel_values: tf.tensor(floats(pixels), [...pixels.shape]) }).dataSync(),
    );
    // The adapters agree to 1e-3; so do the logits made with them.
    expect(relativeDifference(actual, floats(logits))).toBeLessThan(1e-3);

    // Moments are made at a variable's first gradient; once all are there the number of tensors stays.
    expect(tensorsBefore.at(-1)).toBe(tensorsBefore.at(-2));
    optimizer.dispose();
    model.dispose();
    base.dispose();
  });
});

function largestDifference(left: ArrayLike<number> | undefined, right: ArrayLike<number>): number {
  if (!left || left.length !== right.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let index = 0; index < right.length; index++)
    largest = Math.max(largest, Math.abs((left[index] ?? Number.NaN) - (right[index] ?? Number.NaN)));
  return largest;
}
