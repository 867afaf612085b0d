import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { addRows, get, multiply, transpose } from '../../../src-main/bench/conformance/reference.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { nativeBackend } from '../../../src-main/engine/compute/native.ts';
import { hiraGradients, hiraMatmul } from '../../../src-main/engine/ops/linear/hira-matmul.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { relativeDifference } from '../golden.ts';

const hasBfloat16 = nativeBackend.bfloat16?.isAvailable() === true;
const scaling = 0.7;

describe.skipIf(!('addon' in loadAddon()))("HiRA's products on the native backend", () => {
  beforeAll(async () => {
    await activateCompute('native');
  });

  // The second is larger than a strip of the changed weight, and no whole number of panels.
  it.each([
    { rows: 130, outputs: 192, inputs: 128, transposed: true },
    { rows: 3, outputs: 2101, inputs: 520, transposed: true },
    { rows: 70, outputs: 130, inputs: 70, transposed: false },
    { rows: 3, outputs: 520, inputs: 2101, transposed: false },
  ])('agree with double precision: $rows rows, $inputs → $outputs, transposed $transposed', (sizes) => {
    const { rows, outputs, inputs, transposed } = sizes;
    const [inner, width] = transposed ? [inputs, outputs] : [outputs, inputs];
    const given = factors(outputs, inputs, 3);
    const x = normal([rows, inner], 4);
    const [bias, addend, multiplier] = [normal([width], 5), normal([rows, width], 6), normal([rows, width], 7)];
    const actual = tf.tidy(() => hiraMatmul(x, given, { transposed, bias, addend, multiplier }).dataSync());
    const changed = changedWeight(given, 1);
    const operand = transposed ? transpose(changed, outputs, inputs) : changed;
    const product = addRows(multiply(values(x), operand, rows, inner, width), values(bias));
    const [added, factor] = [values(addend), values(multiplier)];
    const expected = product.map((value, at) => (value + get(added, at)) * get(factor, at));
    expect(relativeDifference(actual, expected)).toBeLessThan(2e-6);
    tf.dispose([x, bias, addend, multiplier, ...Object.values(given)]);
  });

  it.skipIf(!hasBfloat16).each([
    { outputs: 192, inputs: 128 },
    { outputs: 2101, inputs: 520 },
  ])('see an update in bfloat16 that is too small to change the rounded weight: $inputs → $outputs', (sizes) => {
    const { outputs, inputs } = sizes;
    const rows = 9;
    const given = factors(outputs, inputs, 3, 1e-3);
    const x = normal([rows, inputs], 4);
    const options = { transposed: true, bfloat16: true };
    const actual = tf.tidy(() => {
      const without = { ...given, scaling: 0 };
      return tf.sub(hiraMatmul(x, given, options), hiraMatmul(x, without, options)).dataSync();
    });
    const update = transpose(changedWeight(given, 0), outputs, inputs);
    expect(relativeDifference(actual, multiply(values(x), update, rows, inputs, outputs))).toBeLessThan(1e-2);
    tf.dispose([x, ...Object.values(given)]);
  });

  // Several tiles a group, and two strips of columns.
  it.each([false, ...(hasBfloat16 ? [true] : [])])('have the gradients of large weights, bfloat16 %s', (bfloat16) => {
    const [rows, outputs, inputs] = [70, 1101, 600];
    const given = factors(outputs, inputs, 5);
    const [x, dy] = [normal([rows, inputs], 8), normal([rows, outputs], 9)];
    const [a, b] = tf.tidy(() => {
      const made = hiraGradients(dy, x, given, bfloat16);
      return [made.a.dataSync(), made.b.dataSync()];
    });
    const weight = values(given.weight);
    const inner = multiply(transpose(values(dy), rows, outputs), values(x), outputs, rows, inputs).map(
      (value, at) => scaling * value * get(weight, at),
    );
    const limit = bfloat16 ? 1e-2 : 2e-6;
    const ofA = multiply(transpose(values(given.b), outputs, 5), inner, 5, outputs, inputs);
    expect(relativeDifference(a ?? [], ofA)).toBeLessThan(limit);
    const ofB = multiply(inner, transpose(values(given.a), 5, inputs), outputs, inputs, 5);
    expect(relativeDifference(b ?? [], ofB)).toBeLessThan(limit);
    tf.dispose([x, dy, ...Object.values(given)]);
  });
});

function factors(outputs: number, inputs: number, rank: number, spread = 1) {
  return {
    weight: normal([outputs, inputs], 1),
    a: normal([rank, inputs], 2),
    b: normal([outputs, rank], 3, spread),
    scaling,
  };
}

/** W ∘ (unit + s·B·A) [outputs, inputs] */
function changedWeight({ weight, a, b }: ReturnType<typeof factors>, unit: number): number[] {
  const [outputs = 0, inputs = 0] = weight.shape;
  const product = multiply(values(b), values(a), outputs, a.shape[0] ?? 0, inputs);
  return values(weight).map((value, at) => value * (unit + scaling * get(product, at)));
}

function normal(shape: readonly number[], seed: number, spread = 1): tf.Tensor {
  const random = RandomStream.seeded(seed, 'study');
  const drawn = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => spread * random.normal());
  return tf.tensor(drawn, [...shape]);
}

function values(tensor: tf.Tensor): readonly number[] {
  return Array.from(tensor.dataSync());
}
