import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { adapterVariants } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { nativeBackend } from '../../../src-main/engine/compute/native.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { HalfState } from '../../../src-main/engine/ops/autograd/half-state.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { passGradients } from '../../../src-main/engine/training/loss-gradients.ts';
import { type StateKeeping, stateKeeping } from '../../../src-main/engine/training/state-keeping.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { smallParameters } from '../adapters/small-parameters.ts';
import { tokenBatch } from '../batches.ts';
import { goldenPath, tensorsOf } from '../golden.ts';

/** Tolerance of a gradient's norm that the setting's text and the guide promise. */
const tolerance = 0.02;

describe.skipIf(!('addon' in loadAddon()))('states that wait in bfloat16', () => {
  beforeAll(async () => {
    await activateCompute('native');
  });

  it('are rounded to the nearest, ties to even, in any shape', () => {
    const given = [1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -Math.PI, 3e38, 0];
    const half = HalfState.of(tf.tensor2d(given, [1, 6]));
    const values = [...half.restored().dataSync()];
    expect(values.slice(0, 4)).toEqual([1, 1, 1 + 2 ** -6, -3.140625]);
    values.forEach((value, index) => {
      expect(Math.abs(value - (given[index] ?? 0))).toBeLessThanOrEqual(Math.abs(given[index] ?? 0) / 128);
    });
    expect(half.restored().shape).toEqual([1, 6]);
  });

  it.each([
    { family: 'gpt2', labels: Array.from({ length: 36 }, (_, index) => (index * 7) % 64) },
    { family: 'roberta', labels: [2, 0, 1] },
    { family: 'distilbert', labels: [2, 0, 1] },
    { family: 'deberta-v2', labels: [2, 0, 1] },
    { family: 'clip', labels: [2, 0, 1, 0] },
  ])('give gradients within two percent: $family', async ({ family, labels }) => {
    const base = await loadBaseModel(goldenPath(family, 'base'));
    const model = new AdaptedModel(base);
    model.loadState(await readAdapter(goldenPath(family, 'adapters', 'lora'), base.description));
    const inputs = tensorsOf(await readSafetensors(goldenPath(family, 'inputs.safetensors')));
    compare(model, inputs, tf.tensor1d(labels, 'int32'));
    tf.dispose(inputs);
    model.dispose();
    base.dispose();
  });

  it.each(adapterVariants.map(({ declaration }) => ({ declaration, variant: declaration.id })))(
    'give gradients within two percent: $variant',
    async ({ declaration, variant }) => {
      const base = await loadBaseModel(goldenPath('llama', 'base'));
      const model = new AdaptedModel(base);
      const settings = adapterSettingsSchema.parse({
        variant,
        target_modules: 'all-linear',
        parameters: smallParameters(declaration),
      });
      await model.createAdapter(settings, { random: RandomStream.seeded(42, 'initialization'), labels: null });
      const ids = Int32Array.from({ length: 48 }, (_, at) => 3 + ((at * 13) % 60));
      const labels = Int32Array.from(ids, (_, at) => ids[at + 1] ?? -100);
      const input_ids = { shape: [2, 24], data: ids };
      const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
      model.setTraining(true);
      // In a fresh adapter, half of the gradients are zero.
      const step = new TrainingStep(model, optimizer, 1);
      for (let count = 0; count < 2; count++) await step.run([tokenBatch({ input_ids }, labels)], 1e-2, new Set());
      const given = tensorsOf(new Map([['input_ids', input_ids]]));
      compare(model, given, tf.tensor1d(labels, 'int32'));
      tf.dispose(given);
      optimizer.dispose();
      model.dispose();
      base.dispose();
    },
  );

  it('take less memory, and train to nearly the same loss', async () => {
    const [whole, halved] = [await trained({}), await trained({ halved: true })];
    expect(halved.peak).toBeLessThan(0.75 * whole.peak);
    expect(Math.abs(halved.loss - whole.loss) / whole.loss).toBeLessThan(2e-3);
  });
});

it('are refused where the backend has none', async () => {
  await activateCompute('wasm');
  const settings = { gradient_checkpointing: false, activation_dtype: 'bfloat16' } as const;
  expect(() => stateKeeping(settings)).toThrow('this compute backend keeps activations in float32 only');
  expect(stateKeeping({ ...settings, activation_dtype: 'float32' }).halved).toBe(false);
});

type Inputs = Parameters<AdaptedModel['embed']>[0];

/**
 * Compares the gradients of every way to keep states; halved states must leave no tensor behind and agree with float32.
 */
function compare(model: AdaptedModel, inputs: Inputs, labels: tf.Tensor1D): void {
  const variables = [...model.trainable().values()];
  const before = tf.memory().numTensors;
  const gradientsBy = (keeping: StateKeeping) =>
    tf.tidy(() => {
      const { value, gradients } = passGradients(keeping, model, inputs, variables, (states) =>
        model.loss(states, labels),
      );
      return {
        loss: value.dataSync()[0] ?? Number.NaN,
        all: variables.flatMap(({ name }) => [...(gradients.get(name)?.dataSync() ?? [])]),
      };
    });
  const plain = gradientsBy({});
  for (const gradientCheckpointing of [false, true]) {
    const halved = gradientsBy({ halved: true, gradientCheckpointing });
    // Nothing is rounded on the way forward.
    expect(halved.loss).toBe(plain.loss);
    const difference = normOf(halved.all.map((value, at) => value - (plain.all[at] ?? Number.NaN))) / normOf(plain.all);
    expect(difference).toBeLessThan(tolerance);
    expect(difference).toBeGreaterThan(0);
  }
  expect(tf.memory().numTensors).toBe(before);
  labels.dispose();
}

function normOf(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

async function trained(keeping: StateKeeping): Promise<{ peak: number; loss: number }> {
  const base = await loadBaseModel(goldenPath('llama', 'base'));
  const model = new AdaptedModel(base);
  const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear', r: 4 });
  await model.createAdapter(settings, { random: RandomStream.seeded(1, 'initialization'), labels: null });
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1, keeping);
  model.setTraining(true);
  const ids = Int32Array.from({ length: 64 * 32 }, (_, at) => 3 + ((at * 13) % 60));
  const labels = Int32Array.from(ids, (_, at) => ids[at + 1] ?? -100);
  const batch = tokenBatch({ input_ids: { shape: [64, 32], data: ids } }, labels);
  let [peak, loss] = [0, 0];
  for (let count = 0; count < 10; count++) {
    nativeBackend.peakBytes?.reset();
    const before = nativeBackend.peakBytes?.read() ?? 0;
    ({ loss } = await step.run([batch], 3e-3, new Set()));
    peak = (nativeBackend.peakBytes?.read() ?? 0) - before;
  }
  optimizer.dispose();
  model.dispose();
  base.dispose();
  return { peak, loss };
}
