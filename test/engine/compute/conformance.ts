import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { registerWasmKernels, unregisterWasmKernels } from '../../../src-main/engine/compute/wasm-kernels/index.ts';
import { as1D, as2D, first } from '../../../src-main/engine/ops/autograd/operation.ts';
import {
  FrozenWeight,
  frozenLinear,
  linearCrossEntropy,
  smoothedCrossEntropy,
  softmaxCrossEntropy,
} from '../../../src-main/engine/ops/index.ts';
import { AdamW } from '../../../src-main/engine/training/optimizers/adamw.ts';
import type { ComputeId } from '../../../src-shared/domain/catalog.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { differentiated } from '../differentiated.ts';
import { relativeDifference } from '../golden.ts';
import { disposeWeights, operationCases as everyCase, type OperationCase } from './cases.ts';
import { AdamWReference, get } from './reference.ts';

/** Backends that need a process of their own get it: each test file runs in one. */
process.env['COTO_ENGINE_PROCESS'] = 'child';

/**
 * Holds a backend of this machine, in the ways in which the engine can compute with it, to double-precision references. One test
 * file a backend: it stays within the time of a test file, and a backend that needs a process of its own has it.
 */
export async function testConformance(id: ComputeId): Promise<void> {
  const operationCases = casesOn(id);
  const report = await reportOn(id, false);
  const available = report?.available ?? false;
  for (const { way, activate } of waysOf(id))
    describe.skipIf(!available)(available ? way : `${way} (not here: ${report?.reason})`, () => {
      beforeAll(async () => {
        await activate();
        if (way === 'wasm') expect(registerWasmKernels()).toBe(true);
      });

      it.each(operationCases)('$name: value', async (operation) => {
        const values = draw(operation);
        const actual = await readAndDispose(tf.tidy(() => operation.run(tensorsOf(operation, values), taker(values))));
        disposeWeights();
        expect(relativeDifference(actual, operation.reference(taker(values)))).toBeLessThan(valueTolerance(way));
      });

      it.each(operationCases.filter(({ wanted }) => wanted.length > 0))('$name: gradients', async (operation) => {
        const values = draw(operation);
        const count = operation.reference(taker(values)).length;
        const weights = normal(count, 1, RandomStream.seeded(5, 'study'));
        for (const name of operation.wanted) {
          const places = checkedPlaces(taker(values)(name).length);
          const gradient = await gradientOf(operation, values, name, weights);
          const expected = differences(operation, values, name, weights, places);
          expect(gradient.length, name).toBe(taker(values)(name).length);
          expect(
            relativeDifference(
              places.map((place) => get(gradient, place)),
              expected,
            ),
            name,
          ).toBeLessThan(2e-5);
        }
      });

      it('smooths labels as PyTorch 2.13 does: cross_entropy(label_smoothing=0.1) and its gradient', async () => {
        const logits = as2D(tf.tensor([1, 2, -0.5, 0.25, -1, 3, 0, 0.5, 0.125], [3, 3]));
        const labels = as1D(tf.tensor([1, 0, -100], [3], 'int32'));
        const { value, gradients } = differentiated(() => smoothedCrossEntropy(logits, labels, 0.1), [logits]);
        expect((await value.data())[0]).toBeCloseTo(1.6336209774, 5);
        const expected = [
          0.1101914346, -0.1218306124, 0.0116391964, -0.4371317923, -0.0082047833, 0.4453365803, 0, 0, 0,
        ];
        expect(relativeDifference(await readAndDispose(tf.stack(gradients)), expected)).toBeLessThan(1e-5);
        tf.dispose([logits, labels, value, gradients]);
      });

      it('computes a cross-entropy over a large vocabulary in blocks as it does in one piece', async () => {
        const [rows, hidden, vocabulary] = [130, 3, 70_000];
        const random = RandomStream.seeded(3, 'study');
        const before = tf.memory().numTensors;
        const weight = Float32Array.from(normal(vocabulary * hidden, 1, random));
        const frozen = new FrozenWeight({ shape: [vocabulary, hidden], data: weight }, null);
        const values = normal(rows * hidden, 1, random);
        const labels = values.slice(0, rows).map((_, row) => (row % 5 === 0 ? -100 : row * 517));
        const of = async (loss: (x: tf.Tensor2D, labels: tf.Tensor1D) => tf.Scalar) => {
          const [value, ...gradients] = tf.tidy(() => {
            const labelTensor = as1D(tf.tensor(labels, [rows], 'int32'));
            const x = tf.tensor2d(values, [rows, hidden]);
            const made = differentiated(() => loss(x, labelTensor), [x]);
            return [made.value, ...made.gradients];
          });
          const read = [];
          for (const tensor of [value, ...gradients]) if (tensor) read.push(...(await readAndDispose(tensor)));
          return read;
        };
        const blocks = await of((x, wanted) => linearCrossEntropy(x, frozen, wanted));
        const whole = await of((x, wanted) => softmaxCrossEntropy(frozenLinear(x, frozen), wanted));
        frozen.dispose();
        expect(relativeDifference(blocks, whole)).toBeLessThan(2e-6);
        expect(tf.memory().numTensors).toBe(before);
      });

      it('takes steps of AdamW over several parameters at once', async () => {
        const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1 };
        const random = RandomStream.seeded(2, 'study');
        const before = tf.memory().numTensors;
        const shapes: Record<string, [number, number]> = { one: [3, 7], two: [1, 1], three: [8, 5] };
        const values = new Map(Object.entries(shapes).map(([name, [a, b]]) => [name, normal(a * b, 1, random)]));
        const variables = new Map(
          Object.entries(shapes).map(([name, shape]) => [
            name,
            tf.tidy(() => tf.variable(tf.tensor2d(values.get(name) ?? [], shape))),
          ]),
        );
        const shared = [...variables.values()].map((variable) => tf.clone(variable));
        const optimizer = new AdamW(variables, settings);
        const expected = new Map([...values].map(([name, start]) => [name, new AdamWReference(start, settings)]));
        for (let step = 0; step < 4; step++) {
          // The second parameter is off in one step.
          const names = [...values.keys()].filter((name) => step !== 1 || name !== 'two');
          const gradients = new Map(names.map((name) => [name, normal(values.get(name)?.length ?? 0, 3, random)]));
          const tensors = new Map(
            [...gradients].map(([name, gradient]) => [name, tf.tensor2d(gradient, shapes[name] ?? [0, 0])]),
          );
          optimizer.step(tensors, 0.01 * (step + 1), 0.5);
          tf.dispose([...tensors.values()]);
          for (const [name, gradient] of gradients) expected.get(name)?.step(gradient, 0.01 * (step + 1), 0.5);
        }
        for (const [name, reference] of expected)
          expect(relativeDifference((await variables.get(name)?.data()) ?? [], reference.values), name).toBeLessThan(
            2e-6,
          );
        // What shared the storage of a variable has kept its values.
        for (const [index, start] of [...values.values()].entries())
          expect(Array.from((await shared[index]?.data()) ?? [])).toEqual(start);
        optimizer.dispose();
        tf.dispose([...shared, ...variables.values()]);
        expect(tf.memory().numTensors).toBe(before);
      });

      it('keeps no tensor from one gradient to the next', async () => {
        const before = tf.memory().numTensors;
        for (const operation of operationCases) {
          const values = draw(operation);
          const weights = normal(operation.reference(taker(values)).length, 1, RandomStream.seeded(5, 'study'));
          // The tape is the same on every backend; a device's queue makes each of its gradients slow.
          const wanted = id === 'webgpu' ? operation.wanted.slice(0, 1) : operation.wanted;
          for (const name of wanted) await gradientOf(operation, values, name, weights);
        }
        expect(tf.memory().numTensors).toBe(before);
      });
    });
}

/** On WebGPU, which software computes in most tests, a third drawn by the seed COTO_CONFORMANCE; all where it says `all`. */
function casesOn(id: ComputeId): readonly OperationCase[] {
  const { COTO_CONFORMANCE: seed = '1' } = process.env;
  if (id !== 'webgpu' || seed === 'all') return everyCase;
  const random = RandomStream.seeded(Number(seed), 'study');
  return everyCase.filter(() => random.uniform() < 1 / 3);
}

interface Way {
  readonly way: string;
  readonly activate: () => Promise<void>;
}

/** As the engine takes it; and wasm without our own kernels too. */
function waysOf(id: ComputeId): readonly Way[] {
  const activate = async () => {
    await activateCompute(id);
    // Small tensors are computed on the device too, not handed to tfjs's plain JavaScript.
    if (id === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false);
  };
  if (id !== 'wasm') return [{ way: id, activate }];
  const compositions = async () => {
    await activate();
    unregisterWasmKernels();
  };
  return [
    { way: id, activate },
    { way: `${id}, compositions only`, activate: compositions },
  ];
}

/** WebGPU promises of a logarithm near 1 no more than an absolute error of 2⁻²¹, which is 5e-7. */
function valueTolerance(way: string): number {
  return way === 'webgpu' ? 1e-5 : 2e-6;
}

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
    const run = () => operation.run(tensors, taker(values));
    const dy = tf.tensor(Float32Array.from(weights), tf.tidy(run).shape);
    return differentiated(run, [tensors(name)], dy).gradients;
  });
  disposeWeights();
  return readAndDispose(first(result));
}

async function readAndDispose(tensor: tf.Tensor): Promise<number[]> {
  try {
    return Array.from(await tensor.data());
  } finally {
    tensor.dispose();
  }
}

/**
 * Where a gradient is compared: every entry of a small input; of a larger one evenly spread ones, for each costs two whole references.
 * Their number is prime, so that they do not all lie in a few columns.
 */
function checkedPlaces(length: number): number[] {
  const count = Math.min(length, 37);
  return Array.from({ length: count }, (_, index) => Math.floor((index * length) / count));
}

const knownDifferences = new WeakMap<OperationCase, Map<string, readonly number[]>>();

/** Central differences of the double-precision reference at `places`, made once for all ways: the values are the same. */
function differences(
  operation: OperationCase,
  values: Drawn,
  name: string,
  weights: readonly number[],
  places: readonly number[],
): readonly number[] {
  const ofOperation = knownDifferences.get(operation) ?? new Map<string, readonly number[]>();
  const known = ofOperation.get(name) ?? centralDifferences(operation, values, name, weights, places);
  knownDifferences.set(operation, ofOperation.set(name, known));
  return known;
}

function centralDifferences(
  operation: OperationCase,
  values: Drawn,
  name: string,
  weights: readonly number[],
  places: readonly number[],
): readonly number[] {
  const step = 1e-5;
  const sum = (changed: readonly number[]) =>
    operation
      .reference(taker(new Map(values).set(name, changed)))
      .reduce((total, value, index) => total + value * get(weights, index), 0);
  const here = taker(values)(name);
  return places.map((index) => {
    const value = get(here, index);
    const [above, below] = [here.with(index, value + step), here.with(index, value - step)];
    return (sum(above) - sum(below)) / (2 * step);
  });
}
