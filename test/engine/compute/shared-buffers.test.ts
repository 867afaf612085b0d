import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { gpuCounters } from '../../../src-main/engine/compute/webgpu/counters.ts';
import { unregisterGpuKernels } from '../../../src-main/engine/compute/webgpu/kernels/index.ts';
import { sumsOfSquares } from '../../../src-main/engine/ops/optimizer/sum-of-squares.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import { gradientNorms } from '../../../src-main/engine/training/training-step.ts';
import { RandomStream } from '../../../src-shared/random.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');

beforeAll(async () => {
  if (report?.available) await activateCompute('webgpu');
});

const options = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1 };
const random = RandomStream.seeded(3, 'data');
const valuesOf = (count: number) => Float32Array.from({ length: count }, () => random.uniform() - 0.5);

/** More than a program may bind, of sizes that do not end where a slice does; the last is too large to share a buffer. */
const sizes = [...Array.from({ length: 20 }, (_, index) => 1 + 61 * index), 600_000];
const starts = sizes.map(valuesOf);
const gradientsOfSteps = [0, 1, 2].map(() => sizes.map(valuesOf));

const name = (index: number) => `parameter ${index}`;
const memory = (of: 'numBytesInGPU' | 'numTensors' | 'numDataBuffers') => Number(Reflect.get(tf.memory(), of));

function parameters(): Map<string, tf.Variable> {
  return new Map(starts.map((values, index) => [name(index), tf.tidy(() => tf.variable(tf.tensor1d(values)))]));
}

function gradientsAt(step: number, isOn: (index: number) => boolean): Map<string, tf.Tensor> {
  const all = gradientsOfSteps[step] ?? [];
  return new Map(all.flatMap((values, index) => (isOn(index) ? [[name(index), tf.tensor1d(values)] as const] : [])));
}

/** Values after steps in which other parameters are on, and the dispatches of each. */
async function steps(): Promise<{ values: Float32Array[]; dispatches: Record<string, number>[] }> {
  const variables = parameters();
  const optimizer = new AdamW(variables, options);
  const dispatches: Record<string, number>[] = [];
  for (const [step, isOn] of [(index: number) => index % 2 === 0, () => true, () => true].entries()) {
    const gradients = gradientsAt(step, isOn);
    gpuCounters.start();
    await gradientNorms(gradients);
    optimizer.step(gradients, 0.01, 0.5);
    dispatches.push({ ...gpuCounters.stop().byProgram });
    tf.dispose([...gradients.values()]);
  }
  const values: Float32Array[] = [];
  for (const variable of variables.values()) values.push(Float32Array.from(await variable.data()));
  optimizer.dispose();
  tf.dispose([...variables.values()]);
  return { values, dispatches };
}

describe.skipIf(report?.available !== true)('tensors that share a buffer', () => {
  it('are stepped in one dispatch, and have their norms from one', async () => {
    const { dispatches } = await steps();
    // One more for the large parameter.
    for (const programs of dispatches) expect(programs).toMatchObject({ adamw: 2, squares_in_parts: 2 });
  });

  it('take small gradients in a single dispatch', async () => {
    const gradients = gradientsAt(0, (index) => index < 20);
    gpuCounters.start();
    const norms = await gradientNorms(gradients);
    expect(gpuCounters.stop().byProgram).toEqual({ squares: 1 });
    gradientsOfSteps[0]?.slice(0, 20).forEach((values, index) => {
      expect(norms.get(name(index))).toBeCloseTo(Math.hypot(...values), 5);
    });
    tf.dispose([...gradients.values()]);
  });

  it('are read, computed with and assigned like others', async () => {
    const tensors = [3, 70, 5].map((count) => tf.tidy(() => tf.variable(tf.tensor1d(valuesOf(count)))));
    const before = await Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));
    sumsOfSquares(tensors).dispose();
    for (const [index, tensor] of tensors.entries()) {
      const expected = before[index] ?? new Float32Array();
      expect(Float32Array.from(await tensor.data())).toEqual(expected);
      const twice = tf.add<tf.Tensor1D>(tensor, tensor);
      expect(Float32Array.from(await twice.data())).toEqual(expected.map((value) => 2 * value));
      tensor.assign(twice);
      expect(Float32Array.from(await tensor.data())).toEqual(expected.map((value) => 2 * value));
      twice.dispose();
    }
    tf.dispose(tensors);
  });

  it('give the buffer back with the last of them', async () => {
    await steps();
    const seen = [memory('numBytesInGPU'), memory('numTensors'), memory('numDataBuffers')];
    await steps();
    expect([memory('numBytesInGPU'), memory('numTensors'), memory('numDataBuffers')]).toEqual(seen);
  });

  // Last: the kernels are gone then.
  it('have the values of parameters that are stepped one by one', async () => {
    const { values } = await steps();
    unregisterGpuKernels();
    const composed = await steps();
    values.forEach((own, index) => {
      const other = composed.values[index] ?? new Float32Array();
      const furthest = own.reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? 0))), 0);
      expect(furthest).toBeLessThan(1e-6);
    });
  });
});
