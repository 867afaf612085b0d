import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { perturbationKinds, perturbationOf } from '../../../src-main/engine/training/perturbations/index.ts';
import { laplace } from '../../../src-main/engine/training/perturbations/mergopt.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { savedCheckpoint } from './saved-checkpoint.ts';
import { config, rows, trainVit } from './vit-run.ts';

let base: BaseModel;
let folder: string;
beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('vit', 'base'));
  folder = mkdtempSync(join(tmpdir(), 'coto-perturbations-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Shifts of two variables (3, 4) and (0) with the gradients (1, 2) and (2). */
async function shiftsOf(settings: object, step = 0): Promise<Record<string, number[]>> {
  const active = [
    ['one', tf.variable(tf.tensor1d([3, 4]))],
    ['two', tf.variable(tf.tensor1d([0]))],
  ] as const;
  const gradients = new Map<string, tf.Tensor>([
    ['one', tf.tensor1d([1, 2])],
    ['two', tf.tensor1d([2])],
  ]);
  const shifts = await perturbationOf(runConfigSchema.parse(settings))?.shifts(active, gradients, step);
  return Object.fromEntries([...(shifts ?? [])].map(([name, shift]) => [name, [...shift.dataSync()]]));
}

describe('a shift worked by hand', () => {
  it('of SAM is ρ along the gradient of all weights together: the norm of (1, 2, 2) is 3', async () => {
    const { one, two } = await shiftsOf({ weight_perturbation: 'sam', sam_rho: 0.6 });
    expect(one?.map((value) => Number(value.toFixed(6)))).toEqual([0.2, 0.4]);
    expect(two?.[0]).toBeCloseTo(0.4, 6);
  });

  it('of adaptive SAM is ρ·w²∘g / ‖|w|∘g‖: the norm of (3, 8, 0) is √73', async () => {
    const { one, two } = await shiftsOf({ weight_perturbation: 'sam', sam_rho: 0.6, sam_adaptive: true });
    expect(one?.[0]).toBeCloseTo((0.6 * 9) / Math.sqrt(73), 5);
    expect(one?.[1]).toBeCloseTo((0.6 * 32) / Math.sqrt(73), 5);
    expect(two).toEqual([0]);
  });

  it('of MergOPT is (K·α − 1)·z: with z = μ, one K and one α, 3 times 0.4 less 1', async () => {
    const settings = {
      weight_perturbation: 'mergopt',
      mergopt_b: 0,
      mergopt_mu: 0.5,
      mergopt_k_max: 1,
      mergopt_alphas: [0.4],
    };
    const { one, two } = await shiftsOf(settings);
    expect([...(one ?? []), ...(two ?? [])].map((value) => Number(value.toFixed(6)))).toEqual([-0.3, -0.3, -0.3]);
  });
});

test('MergOPT draws anew in each step, the same for the same step', async () => {
  const settings = { weight_perturbation: 'mergopt' };
  expect(await shiftsOf(settings, 3)).toEqual(await shiftsOf(settings, 3));
  expect(await shiftsOf(settings, 4)).not.toEqual(await shiftsOf(settings, 3));
});

test('a Laplace distribution has its median at μ, and its quartiles b·ln 2 away', () => {
  expect(laplace(1, 2, 0.5)).toBe(1);
  expect(laplace(1, 2, 0.75)).toBeCloseTo(1 + 2 * Math.log(2), 12);
  expect(laplace(1, 2, 0.25)).toBeCloseTo(1 - 2 * Math.log(2), 12);
  expect(Number.isFinite(laplace(0, 1, 0))).toBe(true);
});

test('ranks that a schedule has off are not shifted: such runs are rejected', () => {
  const run = { weight_perturbation: 'sam', coto: { schedule: 'random-ranks' } };
  expect(() => perturbationOf(runConfigSchema.parse(run))).toThrow(
    'SAM shifts the ranks that the schedule "Random ranks"',
  );
});

describe.each(Object.keys(perturbationKinds))('a run with %s', (id) => {
  it('resumes bit for bit under CoTo, leaves no tensor behind, and differs from one without', async () => {
    const settings = { max_steps: 6, eval_steps: 0, weight_perturbation: id, mergopt_b: 0.05 };
    const full = await trainVit(base, folder, config(settings), { name: `${id} whole` });
    const before = tf.memory().numTensors;
    const paused = await trainVit(base, folder, config(settings), { name: id, signal: 'pause', signalAt: 3 });
    expect(tf.memory().numTensors).toBe(before);
    const resumed = await trainVit(base, folder, config(settings), {
      name: id,
      resume: savedCheckpoint(join(folder, id)),
    });
    expect([...rows(paused.events, 'loss'), ...rows(resumed.events, 'loss')]).toEqual(rows(full.events, 'loss'));
    const file = (run: string) =>
      readSafetensors(join(savedCheckpoint(join(folder, run)), 'adapter_model.safetensors'));
    const actual = await file(id);
    for (const [name, tensor] of await file(`${id} whole`)) expect(actual.get(name)?.data, name).toEqual(tensor.data);
    const plain = config({ ...settings, weight_perturbation: 'none' });
    const other = await trainVit(base, folder, plain, { name: `${id} plain` });
    expect(rows(other.events, 'loss')).not.toEqual(rows(full.events, 'loss'));
  });
});
