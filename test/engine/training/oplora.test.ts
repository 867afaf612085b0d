import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { adapterVariant } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { svd } from '../../../src-main/engine/linalg/index.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { checkOplora, Oplora } from '../../../src-main/engine/training/constraints/oplora.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { savedCheckpoint } from './saved-checkpoint.ts';
import { config, rows, trainVit } from './vit-run.ts';

const rank = 3;
let base: BaseModel;
let folder: string;
beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('vit', 'base'));
  folder = mkdtempSync(join(tmpdir(), 'coto-oplora-'));
});
afterAll(() => {
  base.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const settings = { max_steps: 6, eval_steps: 0, oplora_rank: rank };
const adapterOf = (name: string) =>
  readSafetensors(join(savedCheckpoint(join(folder, name)), 'adapter_model.safetensors'));

describe('a run with OPLoRA', () => {
  it('keeps the leading singular values of every weight, which a run without changes', async () => {
    await trainVit(base, folder, config(settings), { name: 'kept' });
    await trainVit(base, folder, config({ ...settings, oplora_rank: 0 }), { name: 'plain' });
    const moved = { kept: 0, plain: 0 };
    for (const name of ['kept', 'plain'] as const) {
      const tensors = await adapterOf(name);
      const modules = [...tensors.keys()].filter((key) => key.endsWith('lora_A.weight'));
      expect(modules.length).toBeGreaterThan(0);
      for (const key of modules) {
        const [a, b] = [tensors.get(key), tensors.get(key.replace('lora_A', 'lora_B'))];
        const module = base.description.linears.find(({ name: own }) => key.includes(`.${own}.`));
        if (!a || !b || !module) throw new Error(`${key} is of no module`);
        const [weight, sum] = tf.tidy(() => {
          const before = base.frozenWeight(module).weight;
          const update = tf.matMul(
            tf.tensor2d(b.data, [b.shape[0] ?? 0, b.shape[1] ?? 0]),
            tf.tensor2d(a.data, [a.shape[0] ?? 0, a.shape[1] ?? 0]),
          );
          // lora_alpha / r is 2.
          return [before, tf.add(before, tf.mul(update, 2))].map((one) => ({
            shape: one.shape,
            data: Float32Array.from(one.dataSync()),
          }));
        });
        if (!weight || !sum) throw new Error('a weight was not read');
        const [before, after] = [svd(weight).s, svd(sum).s];
        for (let at = 0; at < rank; at++) {
          const change = Math.abs((after[at] ?? 0) - (before[at] ?? 0)) / (before[0] ?? 1);
          moved[name] = Math.max(moved[name], change);
        }
      }
    }
    expect(moved.kept).toBeLessThan(1e-5);
    expect(moved.plain).toBeGreaterThan(1e-4);
  });

  it('resumes bit for bit under CoTo, and leaves no tensor behind', async () => {
    const full = await trainVit(base, folder, config(settings), { name: 'whole' });
    const before = tf.memory().numTensors;
    // The run asks once for each weight that it decomposes, then once a step.
    const signalAt = 3 + base.description.linears.filter(({ name }) => /[qv]_proj$/.test(name)).length;
    const paused = await trainVit(base, folder, config(settings), { name: 'cut', signal: 'pause', signalAt });
    expect(tf.memory().numTensors).toBe(before);
    const resume = savedCheckpoint(join(folder, 'cut'));
    const resumed = await trainVit(base, folder, config(settings), { name: 'cut', resume });
    expect([...rows(paused.events, 'loss'), ...rows(resumed.events, 'loss')]).toEqual(rows(full.events, 'loss'));
    const actual = await adapterOf('cut');
    for (const [name, tensor] of await adapterOf('whole')) expect(actual.get(name)?.data, name).toEqual(tensor.data);
  });
});

it('gives the gradients of the loss by the factors of P_L·B·A·P_R, by finite differences', async () => {
  const model = new AdaptedModel(base);
  const adapter = adapterSettingsSchema.parse({ r: 2, lora_alpha: 4, target_modules: ['q_proj'] });
  await model.createAdapter(adapter, { random: RandomStream.seeded(1, 'initialization'), labels: null });
  const random = RandomStream.seeded(2, 'study');
  // B starts at zero, where A has no gradient.
  for (const variable of model.trainable().values())
    if (variable.shape.length === 2)
      variable.assign(
        tf.tensor(
          Float32Array.from({ length: variable.size }, () => 0.1 * random.normal()),
          variable.shape,
        ),
      );
  const constraint = new Oplora(base, runConfigSchema.parse({ oplora_rank: rank }), () => model.adaptedModules());
  await constraint.start(true, async () => undefined);
  const [module] = model.adaptedModules();
  if (module === undefined) throw new Error('nothing is adapted');
  const [a, b] = [module.tensors.get('a'), module.tensors.get('b')];
  if (!a || !b) throw new Error('a factor is missing');
  // A loss that is linear in the update: its gradient by the update is a fixed matrix.
  const slope = tf.tensor2d(
    Float32Array.from({ length: a.shape[1] ?? 0 }, () => random.normal()),
    [a.shape[1] ?? 0, 1],
  );
  const slopes = tf.matMul(tf.ones([b.shape[0] ?? 0, 1]), slope, false, true);
  const gradients = new Map<string, tf.Tensor>();
  for (const [part, gradient] of [
    ['a', tf.matMul(b, slopes, true)],
    ['b', tf.matMul(slopes, a, false, true)],
  ] as const)
    gradients.set(module.trainedNames.get(part) ?? '', gradient);
  constraint.completeGradients(gradients);
  const loss = () => tf.tidy(() => tf.sum(tf.mul(tf.matMul(b, a), slopes)).dataSync()[0] ?? Number.NaN);
  for (const variable of [a, b]) {
    const [name] = [...module.trainedNames].find(([part]) => module.tensors.get(part) === variable)?.slice(1) ?? [];
    const gradient = gradients.get(name ?? '')?.dataSync() ?? [];
    const original = Float32Array.from(variable.dataSync());
    for (const at of [0, 5, variable.size - 1]) {
      const lossAt = (by: number) => {
        variable.assign(
          tf.tensor(
            original.map((one, place) => (place === at ? one + by : one)),
            variable.shape,
          ),
        );
        // Projects what was moved.
        constraint.afterStep(gradients);
        return loss();
      };
      const difference = lossAt(0.5) - lossAt(-0.5);
      variable.assign(tf.tensor(original, variable.shape));
      expect(Math.abs(difference - (gradient[at] ?? Number.NaN))).toBeLessThan(1e-3 + 1e-3 * Math.abs(difference));
    }
  }
  constraint.dispose();
  tf.dispose([slope, slopes, ...gradients.values()]);
  model.dispose();
});

describe('the check of oplora_rank', () => {
  const check = (adapter: object, oplora_rank = rank) => {
    const run = runConfigSchema.parse({ oplora_rank, adapter });
    return () =>
      checkOplora(
        run,
        adapterVariant(run.adapter.variant),
        base.description.linears.filter(({ layer }) => layer !== null),
      );
  };

  it('accepts LoRA and its trainings', () => {
    expect(check({})).not.toThrow();
    expect(check({ variant: 'lora-plus' })).not.toThrow();
    expect(check({ variant: 'dora' }, 0)).not.toThrow();
  });

  it.each([
    [{ variant: 'dora' }, 'the update of DoRA is not a product B·A that is added to the weight'],
    [{ variant: 'lora-fa' }, 'does not train A'],
    [{ parameters: { init_lora_weights: 'pissa' } }, 'takes its update off the base'],
    [{ init_adapter: 'another' }, 'starts from an adapter'],
  ])('rejects %o', (adapter, reason) => {
    expect(check(adapter)).toThrow(reason);
  });

  it('rejects a rank that leaves no update', () => {
    expect(check({}, 10_000)).toThrow('so that no update would be left');
  });
});
