import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, computeBackends, reportOn } from '../../../src-main/engine/compute/index.ts';
import { registerWasmKernels, unregisterWasmKernels } from '../../../src-main/engine/compute/wasm-kernels/index.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { relativeDifference } from '../golden.ts';
import { disposeWeights, type OperationCase, operationCases } from './cases.ts';
import { get } from './reference.ts';

/** Backends that need a process of their own get it: each test file runs in one. */
process.env['COTO_ENGINE_PROCESS'] = 'child';

/** Every way in which the engine can compute: each backend of this machine, and wasm without our own kernels. */
const ways = [];
for (const { id } of computeBackends) {
  const report = await reportOn(id, false);
  const activate = async () => {
    await activateCompute(id);
    // Small tensors are computed on the device too, not handed to tfjs's plain JavaScript.
    if (id === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false);
  };
  ways.push({ name: id, available: report?.available ?? false, reason: report?.reason, activate });
  if (id === 'wasm')
    ways.push({
      name: `${id}, compositions only`,
      available: report?.available ?? false,
      reason: report?.reason,
      activate: async () => {
        await activate();
        unregisterWasmKernels();
      },
    });
}

for (const { name: way, available, reason, activate } of ways)
  describe.skipIf(!available)(available ? way : `${way} (not here: ${reason})`, () => {
    beforeAll(async () => {
      await activate();
      if (way === 'wasm') expect(registerWasmKernels()).toBe(true);
    });

    it.each(operationCases)('$name: value', async (operation) => {
      const values = draw(operation);
      const actual = await readAndDispose(tf.tidy(() => operation.run(tensorsOf(operation, values))));
      disposeWeights();
      expect(relativeDifference(actual, operation.reference(taker(values)))).toBeLessThan(2e-6);
    });

    it.each(operationCases.filter(({ wanted }) => wanted.length > 0))('$name: gradients', async (operation) => {
      const values = draw(operation);
      const count = operation.reference(taker(values)).length;
      const weights = normal(count, 1, RandomStream.seeded(5, 'study'));
      for (const name of operation.wanted) {
        const actual = await gradientOf(operation, values, name, weights);
        const expected = differences(operation, values, name, weights);
        expect(relativeDifference(actual, expected), name).toBeLessThan(2e-5);
      }
    });

    it('keeps no tensor from one gradient to the next', async () => {
      const before = tf.memory().numTensors;
      for (const operation of operationCases) {
        const values = draw(operation);
        const weights = normal(operation.reference(taker(values)).length, 1, RandomStream.seeded(5, 'study'));
        for (const name of operation.wanted) await gradientOf(operation, values, name, weights);
      }
      expect(tf.memory().numTensors).toBe(before);
    });
  });

type Drawn = ReadonlyMap<string, readonly number[]>;

function draw({ shapes, spread = 1 }: OperationCase): Drawn {
  const random = RandomStream.seeded(11, 'study');
  const drawn = new Map<string, readonly number[]>();
  for (const [name, shape] of Object.entries(shapes))
    drawn.set(name, normal(tf.util.sizeFromShape([...shape]), spread, random));
  return drawn;
}

/** Rounded to float32, so that the reference sees what the tensors hold. */
function normal(count: number, spread: number, random: RandomStream): number[] {
  return Array.from({ length: count }, () => Math.fround(random.normal() * spread));
}

function taker(values: Drawn): (name: string) => readonly number[] {
  return (name) => {
    const found = values.get(name);
    if (found === undefined) throw new Error(`no input ${name}`);
    return found;
  };
}

function tensorsOf({ shapes }: OperationCase, values: Drawn): (name: string) => tf.Tensor {
  const take = taker(values);
  const made = new Map(
    Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(Float32Array.from(take(name)), [...shape])]),
  );
  return (name) => {
    const found = made.get(name);
    if (found === undefined) throw new Error(`no input ${name}`);
    return found;
  };
}

/** Of Σ weight · output, with respect to one input. */
async function gradientOf(
  operation: OperationCase,
  values: Drawn,
  name: string,
  weights: readonly number[],
): Promise<number[]> {
  const result = tf.tidy(() => {
    const tensors = tensorsOf(operation, values);
    const gradient = tf.grads((x: tf.Tensor) => operation.run((wanted) => (wanted === name ? x : tensors(wanted))));
    const shape = operation.run(tensors).shape;
    const [made] = gradient([tensors(name)], tf.tensor(Float32Array.from(weights), shape));
    return made ?? tf.tensor1d([]);
  });
  disposeWeights();
  return readAndDispose(result);
}

async function readAndDispose(tensor: tf.Tensor): Promise<number[]> {
  try {
    return Array.from(await tensor.data());
  } finally {
    tensor.dispose();
  }
}

/** Central differences of the double-precision reference. */
function differences(operation: OperationCase, values: Drawn, name: string, weights: readonly number[]): number[] {
  const step = 1e-5;
  const sum = (changed: readonly number[]) =>
    operation
      .reference(taker(new Map(values).set(name, changed)))
      .reduce((total, value, index) => total + value * get(weights, index), 0);
  const here = taker(values)(name);
  return here.map((value, index) => {
    const [above, below] = [here.with(index, value + step), here.with(index, value - step)];
    return (sum(above) - sum(below)) / (2 * step);
  });
}
