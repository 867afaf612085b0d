import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { type MatrixLike, matmul, transpose } from '../../../src-main/engine/linalg/index.ts';
import { LoraProAdamW } from '../../../src-main/engine/optimizers/lora-pro-adamw.ts';
import { gradientAdjuster } from '../../../src-main/engine/optimizers/lora-pro-adjustment.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath, relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

const settingsSchema = z.array(
  z.object({
    case: z.string(),
    scaling: z.number(),
    delta: z.number(),
    learning_rate: z.number().default(0),
    betas: z.tuple([z.number(), z.number()]).default([0.9, 0.999]),
    eps: z.number().default(1e-8),
    losses: z.array(z.number()).default([]),
  }),
);
const settings = settingsSchema.parse(
  JSON.parse(readFileSync(goldenPath('methods', 'lora-pro', 'settings.json'), 'utf8')),
);

beforeAll(() => activateCompute(testCompute));
afterEach(() => tf.disposeVariables());

/** The case's settings, and its tensors by name. */
async function golden(name: string) {
  const given = settings.find((one) => one.case === name) ?? fail();
  const tensors = await readSafetensors(goldenPath('methods', 'lora-pro', `${name}.safetensors`));
  return { given, at: (key: string): HostTensor => tensors.get(key) ?? fail() };
}
function fail(): never {
  throw new Error('missing');
}

describe.each(['adjust', 'adjust-damped', 'adjust-b-zero'])('%s', (name) => {
  it("gives the golden adjusted gradients, which leave the weight's equivalent gradient as it is", async () => {
    const { given, at } = await golden(name);
    const [factors, gradient] = [
      { a: at('A'), b: at('B') },
      { a: at('grad_A'), b: at('grad_B') },
    ];
    for (const withX of [true, false]) {
      const { a, b } = gradientAdjuster(factors, given.scaling, given.delta)(gradient, { withX });
      if (withX) expect(relativeDifference(a.data, at('adjusted_A').data)).toBeLessThan(1e-5);
      if (withX) expect(relativeDifference(b.data, at('adjusted_B').data)).toBeLessThan(1e-5);
      const [one, other] = [matmul(factors.b, a), matmul(b, factors.a)];
      const equivalent = one.data.map((value, index) => given.scaling * (value + (other.data[index] ?? 0)));
      expect(relativeDifference(equivalent, at('equivalent_gradient').data)).toBeLessThan(1e-5);
    }
  });
});

/** ½‖X·(W + s·B·A)ᵀ − Y‖² / n and the gradients of the factors, in double precision. */
function quadratic(a: MatrixLike, b: MatrixLike, scaling: number, at: (key: string) => HostTensor) {
  const product = matmul(b, a);
  const weight = { shape: product.shape, data: product.data.map((v, i) => (at('W').data[i] ?? 0) + scaling * v) };
  const outputs = matmul(at('X'), transpose(weight));
  const rows = outputs.shape[0];
  const errors = { shape: outputs.shape, data: outputs.data.map((value, i) => value - (at('Y').data[i] ?? 0)) };
  const loss = errors.data.reduce((sum, value) => sum + value * value, 0) / (2 * rows);
  const ofWeight = matmul(transpose(errors), at('X'));
  const scaled = { shape: ofWeight.shape, data: ofWeight.data.map((value) => (scaling * value) / rows) };
  return { loss, a: matmul(transpose(b), scaled), b: matmul(scaled, transpose(a)) };
}

it('train-adamw: repeats the golden losses and final factors', async () => {
  const { given, at } = await golden('train-adamw');
  const variables = new Map([
    ['a', tf.variable(tf.tensor2d(at('A').data, [3, 8], 'float32'))],
    ['b', tf.variable(tf.tensor2d(at('B').data, [10, 3], 'float32'))],
  ]);
  const options = { beta1: given.betas[0], beta2: given.betas[1], epsilon: given.eps, weightDecay: 0 };
  const optimizer = new LoraProAdamW(variables, [{ a: 'a', b: 'b', scaling: given.scaling }], options);
  const now = (name: string, shape: [number, number]) => ({ shape, data: variables.get(name)?.dataSync() ?? [] });
  const counts: number[] = [];
  for (const [step, expected] of given.losses.entries()) {
    const { loss, ...gradients } = quadratic(now('a', [3, 8]), now('b', [10, 3]), given.scaling, at);
    expect(Math.abs(loss / expected - 1), `loss of step ${step}`).toBeLessThan(1e-5);
    if (step === given.losses.length - 1) break;
    const tensors = new Map(
      Object.entries(gradients).map(([name, { shape, data }]) => [
        name,
        tf.tensor2d(Float32Array.from(data), [...shape]),
      ]),
    );
    await optimizer.step(tensors, given.learning_rate, 1);
    tf.dispose([...tensors.values()]);
    counts.push(tf.memory().numTensors);
  }
  expect(relativeDifference(now('a', [3, 8]).data, at('A_end').data)).toBeLessThan(1e-4);
  expect(relativeDifference(now('b', [10, 3]).data, at('B_end').data)).toBeLessThan(1e-4);
  expect(counts.at(-1), 'tensors after the first step and the last').toBe(counts[0]);
  optimizer.dispose();
});

it('train-sgd: the adjusted gradients alone repeat the golden losses and final factors', async () => {
  const { given, at } = await golden('train-sgd');
  let [a, b]: MatrixLike[] = [at('A'), at('B')];
  for (const [step, expected] of given.losses.entries()) {
    if (!a || !b) fail();
    const { loss, ...gradient } = quadratic(a, b, given.scaling, at);
    expect(Math.abs(loss / expected - 1), `loss of step ${step}`).toBeLessThan(1e-5);
    if (step === given.losses.length - 1) break;
    const adjusted = gradientAdjuster({ a, b }, given.scaling, given.delta)(gradient, { withX: true });
    const moved = ({ shape, data }: MatrixLike, by: MatrixLike) => ({
      shape,
      data: Array.from(data, (value, index) => value - given.learning_rate * (by.data[index] ?? 0)),
    });
    [a, b] = [moved(a, adjusted.a), moved(b, adjusted.b)];
  }
  expect(relativeDifference(a?.data ?? [], at('A_end').data)).toBeLessThan(1e-4);
  expect(relativeDifference(b?.data ?? [], at('B_end').data)).toBeLessThan(1e-4);
});

it('takes no step and keeps nothing of a pair without gradients', async () => {
  const variables = new Map(['a', 'b'].map((name) => [name, tf.variable(tf.ones([2, 2]))]));
  const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.5 };
  const optimizer = new LoraProAdamW(variables, [{ a: 'a', b: 'b', scaling: 1 }], options);
  await optimizer.step(new Map(), 0.1, 1);
  expect((await optimizer.state()).steps.size).toBe(0);
  expect([...(variables.get('a')?.dataSync() ?? [])]).toEqual([1, 1, 1, 1]);
});
