import * as tf from '@tensorflow/tfjs-core';
import {
  attribute,
  defineOperation,
  givenInputs,
  input,
  multiply,
  type OperationInputs,
  only2D,
} from '../autograd/operation.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import type { LinearOptions } from './linear-options.ts';
import { matmul } from './matmul.ts';

const linear = defineOperation({
  name: 'CotoCirculantLinear',
  compose: (inputs, attributes) => {
    const update = correlated(input(inputs, 'x'), input(inputs, 'kernel'), false);
    const scaled = tf.mul(update, attribute(attributes, 'scaling'));
    const { bias, residual } = inputs;
    return matmul(input(inputs, 'x'), input(inputs, 'weight'), {
      transposeB: true,
      bias,
      addend: residual === undefined ? scaled : tf.add(scaled, residual),
      frozen: true,
      bfloat16: attribute(attributes, 'bfloat16') !== 0,
    });
  },
  saved: { inputs: ['x', 'derivative'], lasting: ['weight', 'kernel'], states: ['x', 'derivative'] },
  gradients: (dy, saved, attributes) => {
    const scaling = attribute(attributes, 'scaling');
    return {
      x: (accumulated) => {
        const update = tf.mul(correlated(dy, input(saved, 'kernel'), true), scaling);
        const multiplier = saved['derivative'];
        const before = multiplier === undefined ? accumulated?.take() : undefined;
        return matmul(dy, input(saved, 'weight'), {
          multiplier,
          addend: before === undefined ? update : tf.add(update, before),
          frozen: true,
          bfloat16: attribute(attributes, 'bfloat16') !== 0,
        });
      },
      kernel: () => tf.mul(kernelGradient(input(saved, 'x'), dy, input(saved, 'kernel').shape), scaling),
      residual: () => dy,
    };
  },
});

const merged = defineOperation({
  name: 'CotoCirculantMergedWeight',
  compose: (inputs, attributes) => {
    const update = tf.mul(dense(inputs), attribute(attributes, 'scaling'));
    const isTurned = attribute(attributes, 'inputsFirst') !== 0;
    return tf.add(input(inputs, 'weight'), isTurned ? tf.transpose(update) : update);
  },
});

/**
 * x·Wᵀ + b [+ residual] + scaling · x·Cᵀ. C is made of circulant blocks: kernel [m, n, size] gives block (i, j) the entries
 * w[(column − row) mod size]. x [rows, n · size] → [rows, m · size]. C is never made: its product is one in the frequencies of x,
 * of about 2 · rows · in · out / size multiplications and the transforms, which are products with a table of size² cosines and
 * sines. Gradients go to x, the kernel and the residual.
 */
export function circulantLinear(
  x: tf.Tensor2D,
  frozen: FrozenWeight,
  kernel: tf.Tensor,
  scaling: number,
  options: LinearOptions = {},
): tf.Tensor2D {
  const { weight, bias, bfloat16 } = frozen;
  return only2D(linear(givenInputs({ x, weight, bias, kernel, ...options }), { scaling, bfloat16: Number(bfloat16) }));
}

/** W + scaling · C, laid out as W: [out, in], or with `inputsFirst` [in, out]. Has no gradient. */
export function circulantMergedWeight(
  weight: tf.Tensor,
  kernel: tf.Tensor,
  scaling: number,
  inputsFirst: boolean,
): tf.Tensor2D {
  return only2D(merged({ weight, kernel }, { scaling, inputsFirst: Number(inputsFirst) }));
}

/** x·Cᵀ, or with `isBack` dy·C. */
function correlated(x: tf.Tensor, kernel: tf.Tensor, isBack: boolean): tf.Tensor {
  const size = kernel.shape.at(-1) ?? 1;
  return timeOf(multiply(spectraOfRows(x, size), spectraOfKernel(kernel), false, isBack), size);
}

/** [m, n, size] of x [rows, n · size] and dy [rows, m · size]. */
function kernelGradient(x: tf.Tensor, dy: tf.Tensor, [m = 0, n = 0, size = 1]: readonly number[]): tf.Tensor {
  const products = multiply(spectraOfRows(x, size), spectraOfRows(dy, size), true);
  const count = products.shape[0] ?? 0;
  const part = (row: 0 | 1, column: 0 | 1) => tf.slice(products, [0, row * n, column * m], [count, n, m]);
  const spectra = tf.stack([tf.add(part(0, 0), part(1, 1)), tf.sub(part(1, 0), part(0, 1))]);
  const rows = tf.reshape(tf.transpose(spectra, [3, 2, 0, 1]), [m * n, 2 * count]);
  return tf.reshape(multiply(rows, tableOf(size, true)), [m, n, size]);
}

/** x [rows, n · size] by frequency: [size / 2 + 1, rows, 2 · n], real parts before imaginary ones. */
function spectraOfRows(x: tf.Tensor, size: number): tf.Tensor {
  const [rows = 0, columns = 0] = x.shape;
  const [blocks, count] = [columns / size, frequencies(size)];
  const spectra = multiply(tf.reshape(x, [rows * blocks, size]), tableOf(size, false));
  const byFrequency = tf.transpose(tf.reshape(spectra, [rows, blocks, 2, count]), [3, 0, 2, 1]);
  return tf.reshape(byFrequency, [count, rows, 2 * blocks]);
}

/** The kernel by frequency: [[re, −im], [im, re]] of [n, m] each, which multiplies by the conjugate; transposed, by the kernel. */
function spectraOfKernel(kernel: tf.Tensor): tf.Tensor {
  const [m = 0, n = 0, size = 1] = kernel.shape;
  const spectra = multiply(tf.reshape(kernel, [m * n, size]), tableOf(size, false));
  const byFrequency = tf.transpose(tf.reshape(spectra, [m, n, 2, frequencies(size)]), [2, 3, 1, 0]);
  const [re, im] = tf.unstack(byFrequency);
  if (re === undefined || im === undefined) throw new Error('a spectrum has two parts');
  return tf.concat([tf.concat([re, tf.neg(im)], 2), tf.concat([im, re], 2)], 1);
}

/** The inverse of `spectraOfRows`. */
function timeOf(spectra: tf.Tensor, size: number): tf.Tensor {
  const [count = 0, rows = 0, width = 0] = spectra.shape;
  const blocks = width / 2;
  const byBlock = tf.transpose(tf.reshape(spectra, [count, rows, 2, blocks]), [1, 3, 2, 0]);
  return tf.reshape(multiply(tf.reshape(byBlock, [rows * blocks, 2 * count]), tableOf(size, true)), [
    rows,
    blocks * size,
  ]);
}

/** Number of frequencies of a real signal: the other half are conjugates. */
function frequencies(size: number): number {
  return Math.floor(size / 2) + 1;
}

/** Cosines and sines [size, 2 · frequencies], or [2 · frequencies, size] of the inverse transform. */
function tableOf(size: number, isInverse: boolean): tf.Tensor {
  const key = `${size} ${isInverse}`;
  const values = tables.get(key) ?? makeTable(size, isInverse);
  if (tables.size >= tablesKept) tables.clear();
  tables.set(key, values);
  const width = 2 * frequencies(size);
  return tf.tensor2d(values, isInverse ? [width, size] : [size, width]);
}
const tables = new Map<string, Float32Array>();
const tablesKept = 16;

function makeTable(size: number, isInverse: boolean): Float32Array {
  const count = frequencies(size);
  const values = new Float32Array(2 * count * size);
  for (let frequency = 0; frequency < count; frequency++)
    for (let place = 0; place < size; place++) {
      const angle = (2 * Math.PI * ((frequency * place) % size)) / size;
      const share = isInverse ? (frequency === 0 || 2 * frequency === size ? 1 : 2) / size : 1;
      for (const [part, value] of [Math.cos(angle), Math.sin(angle)].entries()) {
        const row = part * count + frequency;
        values[isInverse ? row * size + place : place * 2 * count + row] = share * value;
      }
    }
  return values;
}

/** C [m · size, n · size]. */
function dense(inputs: OperationInputs): tf.Tensor {
  const kernel = input(inputs, 'kernel');
  const [m = 0, n = 0, size = 1] = kernel.shape;
  const places = Int32Array.from(
    { length: size * size },
    (_, at) => ((at % size) - Math.floor(at / size) + size) % size,
  );
  const blocks = tf.reshape(tf.gather(kernel, tf.tensor1d(places, 'int32'), 2), [m, n, size, size]);
  return tf.reshape(tf.transpose(blocks, [0, 2, 1, 3]), [m * size, n * size]);
}
