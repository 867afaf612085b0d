import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { differentiated } from '../../../../src-main/bench/conformance/differentiated.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { valueAndGradients } from '../../../../src-main/engine/ops/autograd/backward.ts';
import { defineOperation, first, input } from '../../../../src-main/engine/ops/autograd/operation.ts';

/** Number of tensors at each gradient of `square`, the last operation's first. */
const seen: number[] = [];

const operation = defineOperation({
  name: 'CotoTestSquare',
  compose: (inputs) => tf.mul(input(inputs, 'x'), input(inputs, 'x')),
  saved: { inputs: ['x'] },
  gradients: (dy, saved) => {
    seen.push(tf.memory().numTensors);
    return { x: () => tf.mul(tf.mul(dy, 2), input(saved, 'x')) };
  },
});
const square = (x: tf.Tensor) => first(operation({ x }));

let before = 0;
beforeAll(async () => {
  await activateCompute('wasm');
});
beforeEach(() => {
  seen.length = 0;
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

it('adds up the gradients of what is read more than once', () => {
  const x = tf.tensor1d([3, -1]);
  // x⁴ + x² + x², whose slope is 4x³ + 4x.
  const { value, gradients } = differentiated(() => {
    const squared = square(x);
    return tf.add(square(squared), tf.add(squared, squared));
  }, [x]);
  expect([...value.dataSync()]).toEqual([99, 3]);
  expect([...first(gradients).dataSync()]).toEqual([120, -8]);
  tf.dispose([x, value, gradients]);
});

it('lets an operation add what its input has so far by itself, once', () => {
  const asked: (number | undefined)[] = [];
  const adding = defineOperation({
    name: 'CotoTestAdding',
    compose: (inputs) => tf.mul(input(inputs, 'x'), 5),
    gradients: (dy) => ({
      x: (accumulated) => {
        const before = accumulated?.take();
        asked.push(before?.dataSync()[0]);
        expect(accumulated?.take()).toBeUndefined();
        return before === undefined ? tf.mul(dy, 5) : tf.add(tf.mul(dy, 5), before);
      },
    }),
  });
  const x = tf.tensor1d([3]);
  const { value, gradients } = differentiated(() => {
    const one = first(adding({ x }));
    return tf.add(tf.add(one, first(adding({ x }))), square(x));
  }, [x]);
  expect(value.dataSync()[0]).toBe(39);
  expect(first(gradients).dataSync()[0]).toBe(16);
  expect(asked).toEqual([6, 11]);
  tf.dispose([x, value, gradients]);
});

it('leaves the given gradient of the value to the caller', () => {
  const [x, dy] = [tf.tensor1d([3]), tf.tensor1d([10])];
  const { value, gradients } = differentiated(() => tf.add(square(x), x), [x], dy);
  expect(first(gradients).dataSync()[0]).toBe(70);
  expect(dy.dataSync()[0]).toBe(10);
  tf.dispose([x, dy, value, gradients]);
});

it('says which sources the value does not depend on', () => {
  const [x, other] = [tf.tensor1d([3]), tf.tensor1d([5])];
  tf.tidy(() => {
    const { gradients } = valueAndGradients(() => square(x), [other, x]);
    expect(gradients.map((gradient) => gradient?.dataSync()[0])).toEqual([undefined, 6]);
  });
  tf.dispose([x, other]);
});

it('gives back what an operation needed as soon as its gradient is made', () => {
  const x = tf.tensor1d([1.5]);
  const { value, gradients } = differentiated(() => square(square(square(square(x)))), [x]);
  expect(first(gradients).dataSync()[0]).toBeCloseTo(16 * 1.5 ** 15, 1);
  // Each node's saved tensors are released before the next node runs.
  expect(seen.map((count) => count - (seen.at(-1) ?? 0))).toEqual([3, 2, 1, 0]);
  tf.dispose([x, value, gradients]);
});

it('keeps nothing of a computation that fails, and may be used again', () => {
  const x = tf.tensor1d([2]);
  const failing = () => {
    square(square(x));
    throw new Error('no value');
  };
  expect(() => differentiated(failing, [x])).toThrow('no value');
  expect(() => differentiated(() => differentiated(() => square(x), [x]).value, [x])).toThrow('gradients of gradients');
  const { value, gradients } = differentiated(() => square(x), [x]);
  expect(first(gradients).dataSync()[0]).toBe(4);
  tf.dispose([x, value, gradients]);
});

it('names an operation that has no gradient', () => {
  const x = tf.tensor1d([2]);
  expect(() => differentiated(() => tf.atan(x), [x])).toThrow('Atan has no gradient');
  x.dispose();
});
