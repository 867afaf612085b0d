import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { MicroBatch } from '../../../src-main/engine/losses/batch-loss.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { Optimizer } from '../../../src-main/engine/optimizers/optimizer.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { classBatch } from '../batches.ts';
import { goldenPath } from '../golden.ts';

let base: BaseModel;
beforeAll(async () => {
  await activateCompute('wasm');
  base = await loadBaseModel(goldenPath('vit', 'base'));
});
afterAll(() => {
  base.dispose();
});

const masks: [string, number[] | null][] = [
  ['every layer on', null],
  ['the lowest layer off', [0, 1, 1]],
  ['the highest layers off', [1, 0, 0]],
  ['only the head on', [0, 0, 0]],
];

it.each(masks)('gives the same gradients to the bit with %s, dropout and two micro-batches', async (_, mask) => {
  const plain = await gradientsOf(mask, false);
  const checkpointed = await gradientsOf(mask, true);
  expect(checkpointed).toEqual(plain);
  expect(plain.gradients.size).toBe(mask === null ? 20 : mask.reduce((sum, bit) => sum + 6 * bit, 2));
});

it('needs less memory at its peak', async () => {
  const [plain, checkpointed] = [await peakOf(false), await peakOf(true)];
  // Only one of two layers is on the tape at a time; of the other, the input is kept.
  expect(checkpointed).toBeLessThan(0.7 * plain);
});

it('leaves no tensor behind', async () => {
  const before = tf.memory().numTensors;
  await gradientsOf(null, true);
  expect(tf.memory().numTensors).toBe(before);
});

function batch(examples: number, seed: number): MicroBatch {
  const random = RandomStream.seeded(seed, 'study');
  const data = Float32Array.from({ length: examples * 3 * 16 * 16 }, () => random.normal());
  const labels = Int32Array.from({ length: examples }, () => random.integer(5));
  return classBatch({ pixel_values: { shape: [examples, 3, 16, 16], data } }, labels);
}

/** An optimizer that only looks. */
function recorder(seen: Map<string, number[]>): Optimizer {
  return {
    step: (gradients) => {
      for (const [name, gradient] of gradients) seen.set(name, [...gradient.dataSync()]);
    },
    state: async () => ({ steps: new Map(), tensors: new Map() }),
    restore: () => undefined,
    dispose: () => undefined,
  };
}

async function adapted(): Promise<AdaptedModel> {
  const model = new AdaptedModel(base);
  const random = RandomStream.seeded(4, 'initialization');
  const settings = adapterSettingsSchema.parse({
    r: 3,
    lora_dropout: 0.2,
    target_modules: ['q_proj', 'v_proj', 'fc2'],
  });
  await model.createAdapter(settings, { random, labels: base.description.labels });
  // B starts at zero, which would leave A without a gradient.
  for (const [name, variable] of model.trainable())
    if (name.includes('lora_B'))
      tf.tidy(() =>
        variable.assign(
          tf.tensor(
            Float32Array.from({ length: variable.size }, () => random.normal() / 4),
            variable.shape,
          ),
        ),
      );
  return model;
}

async function gradientsOf(mask: number[] | null, gradientCheckpointing: boolean) {
  const model = await adapted();
  const gradients = new Map<string, number[]>();
  const dropout = RandomStream.seeded(6, 'dropout');
  model.setTraining(true, dropout);
  const groups = model.groups('layer');
  model.setActive(groups, mask === null ? null : Uint8Array.from(mask));
  const frozen = new Set(groups.flatMap((group, index) => (mask?.[index] === 0 ? group.variableNames : [])));
  const step = new TrainingStep(model, recorder(gradients), 0, { gradientCheckpointing });
  const { loss } = await step.run([batch(3, 1), batch(2, 2)], 0, frozen);
  model.dispose();
  return { loss, gradients, dropout: dropout.state() };
}

/** Bytes above what stood before, at the peak of a step. */
async function peakOf(gradientCheckpointing: boolean): Promise<number> {
  const model = await adapted();
  model.setTraining(true, RandomStream.seeded(6, 'dropout'));
  const step = new TrainingStep(model, recorder(new Map()), 0, { gradientCheckpointing });
  const before = tf.memory().numBytes;
  const { peakBytes } = await tf.profile(async () => {
    await step.run([batch(16, 1)], 0, new Set());
    return tf.scalar(0);
  });
  model.dispose();
  return peakBytes - before;
}
