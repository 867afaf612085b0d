import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { ModuleState } from '../../../src-main/engine/adapters/variant/state.ts';
import { lori } from '../../../src-main/engine/adapters/variants/lori.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { classBatch } from '../batches.ts';
import { floats, goldenPath } from '../golden.ts';
import { factors } from '../merge/states.ts';
import { testCompute } from '../test-compute.ts';

let model: AdaptedModel;
const scratch = mkdtempSync(join(tmpdir(), 'coto-lori-'));
const plan = {
  totalSteps: 3,
  optim: 'adamw',
  learningRate: 0.1,
  weightDecay: 0.1,
  unit: null,
  isSeeded: true,
} as const;

beforeAll(async () => {
  await activateCompute(testCompute);
  model = new AdaptedModel(await loadBaseModel(goldenPath('vit', 'base')));
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
  rmSync(scratch, { recursive: true, force: true });
});

function rankOne(a: number[], b: number[]): ModuleState {
  return factors(
    [a],
    b.map((value) => [value]),
    1,
  );
}

it('masks the largest entries of B over all modules together, and resets B', () => {
  const seeds = new Map([
    ['m', rankOne([1, 2], [0.9, -0.1])],
    ['n', rankOne([3, 4], [0.5, -0.7])],
  ]);
  const masksAt = (sparsity: number) => {
    const modules = lori.training?.seeded?.(seeds, { sparsity }) ?? new Map<string, ModuleState>();
    for (const [name, { tensors }] of modules) {
      expect(tensors.get('a')).toEqual(seeds.get(name)?.tensors.get('a'));
      expect(Array.from(tensors.get('b')?.data ?? [])).toEqual([0, 0]);
    }
    return [...modules.values()].map(({ tensors }) => Array.from(tensors.get('mask')?.data ?? []));
  };
  // In order: 0.9, 0.7, 0.5, 0.1.
  expect(masksAt(0.5)).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(masksAt(0.25)).toEqual([
    [1, 0],
    [1, 1],
  ]);
  expect(masksAt(0.9)).toEqual([
    [1, 0],
    [0, 0],
  ]);
  expect(lori.training?.seeded?.(seeds, { sparsity: 0 })).toBe(seeds);
  const untrained = new Map([['m', rankOne([1, 2], [0, 0])]]);
  expect(() => lori.training?.seeded?.(untrained, { sparsity: 0.5 })).toThrow('it makes no mask of this sparsity');
});

it('refuses a mask without an adapter that it comes from, and an optimizer that would fill it', () => {
  const check = lori.training?.check;
  expect(() => check?.({ ...plan, isSeeded: false }, { sparsity: 0.9 })).toThrow(
    'takes its mask from a trained LoRI-D',
  );
  expect(() => check?.({ ...plan, optim: 'riemannian-adamw' }, { sparsity: 0.9 })).toThrow('mixes the entries of B');
  expect(() => check?.({ ...plan, isSeeded: false }, { sparsity: 0 })).not.toThrow();
});

it('trains B within its mask and A not at all; checkpoints keep the mask, the folder is a LoRA', async () => {
  const { description } = model.base;
  const seed = await readAdapter(goldenPath('vit', 'adapters', 'lora'), description);
  const { r, lora_alpha } = seed.parameters;
  const settings = adapterSettingsSchema.parse({
    variant: 'lori',
    parameters: { r, lora_alpha, sparsity: 0.8 },
    target_modules: seed.config.target_modules,
  });
  const random = RandomStream.seeded(1, 'initialization');
  await model.createAdapter(settings, { random, labels: null, seed });
  const hooks = model.trainingHooks(plan);
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 });
  const training = new TrainingStep(model, optimizer, 1, {}, hooks);
  const pixels = (await readSafetensors(goldenPath('vit', 'inputs.safetensors'))).get('pixel_values') ?? fail();
  const labels = Int32Array.from({ length: pixels.shape[0] ?? 0 }, (_, at) => at);
  const batch = classBatch({ pixel_values: { shape: pixels.shape, data: floats(pixels) } }, labels);
  for (let step = 0; step < 3; step++) await training.run([batch], 0.1, new Set());
  optimizer.dispose();

  const state = await model.exportState();
  let [kept, moved, all] = [0, 0, 0];
  for (const [name, { tensors }] of state.modules) {
    expect(tensors.get('a')?.data).toEqual(seed.modules.get(name)?.tensors.get('a')?.data);
    const mask = tensors.get('mask')?.data ?? fail();
    for (const [at, value] of (tensors.get('b')?.data ?? fail()).entries()) {
      if (mask[at] === 0) expect(value).toBe(0);
      else moved += Number(value !== 0);
    }
    for (const value of mask) kept += value;
    all += mask.length;
  }
  expect(kept).toBe(Math.floor((1 - 0.8) * all));
  expect(moved).toBe(kept);

  const exported = hooks.exported?.(state) ?? fail();
  const written = join(scratch, 'lori');
  await writeAdapter(written, exported, { description, baseModelName: 'vit' });
  const again = await readAdapter(written, description);
  expect(again.variant.declaration.id).toBe('lora');
  const restored = hooks.restore?.({ ...again, variant: lori }, (await hooks.state?.()) ?? new Map()) ?? fail();
  expect(restored.modules).toEqual(state.modules);
  expect(() => hooks.restore?.(again, new Map())).toThrow('lacks vit.layers.0');
});

function fail(): never {
  throw new Error('missing');
}
