import * as tf from '@tensorflow/tfjs-core';
import {
  as2D,
  attribute,
  defineOperation,
  givenInputs,
  input,
  multiply,
  type OperationAttributes,
  type OperationInputs,
  only2D,
} from '../autograd/operation.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { matmul } from './matmul.ts';
import { besideEachOther, columnsOf, inBands, type RowBand, sumOf, usualBlock } from './row-bands.ts';

const operation = defineOperation({
  name: 'CotoBlockAffineLinear',
  compose: (inputs, attributes) => {
    const [x, { bias, residual }] = [input(inputs, 'x'), inputs];
    const parts = byBands(inputs, attributes, (band) => matmul(x, band.changed(), { transposeB: true }));
    const y = besideEachOther(parts);
    const biased = bias ? tf.add(y, bias) : y;
    return residual ? tf.add(biased, residual) : biased;
  },
  saved: { inputs: ['x', 'block'], lasting: ['weight'], states: ['x'] },
  gradients: (dy, saved, attributes) => ({
    x: () => sumOf(byBands(saved, attributes, (band) => matmul(columnsOf(dy, band), band.changed()))),
    block: () => {
      const x = input(saved, 'x');
      const scale = attribute(attributes, 'scaling');
      const parts = byBands(saved, attributes, (band) => {
        const { blocks, weight } = band;
        const r = blocks.shape[1] ?? 0;
        const gradient = tf.reshape(matmul(columnsOf(dy, band), x, { transposeA: true, scale }), weight.shape);
        const constant = tf.sum(tf.reshape(gradient, [blocks.shape[0] ?? 0, r, -1, r]), 2);
        return tf.add(multiply(weight, gradient, true), constant);
      });
      return tf.concat(parts, 0);
    },
    residual: () => dy,
  }),
});

/**
 * x·W'ᵀ + b [+ residual] with W' = W + s · (W·M + M), block by block: W is cut into blocks of r × r, and those of one band of r outputs
 * share their M (Bat, Kang and Yin 2024). `block` [out / r, r, r]; r divides in and out. W' is made for 4 MiB of outputs at a time,
 * forward and again backward. x [rows, in] → [rows, out]. Gradients go to x, the blocks and the residual.
 */
export function blockAffineLinear(
  x: tf.Tensor2D,
  { weight, bias }: FrozenWeight,
  { block, scaling }: { readonly block: tf.Tensor; readonly scaling: number },
  { residual, blockValues = usualBlock }: { residual?: tf.Tensor2D | undefined; blockValues?: number } = {},
): tf.Tensor2D {
  return only2D(operation(givenInputs({ x, weight, bias, block, residual }), { scaling, blockValues }));
}

/** W' [out, in] as a whole, on the device. */
export function blockAffineWeight(weight: tf.Tensor, block: tf.Tensor, scaling: number): tf.Tensor2D {
  const [outputs = 0, inputs = 0] = weight.shape;
  return tf.tidy(() => bandOf({ weight, block }, { start: 0, size: outputs }, inputs, scaling).changed());
}

/** Some rows of the weight. */
interface Band extends RowBand {
  /** M [bands, r, r]. */
  readonly blocks: tf.Tensor;
  /** W by bands, [bands, r · in / r, r]: the inner axis runs within blocks. */
  readonly weight: tf.Tensor;
  /** W' [size, in]. */
  changed(): tf.Tensor2D;
}

/** Runs `make` for each band of whole blocks. */
function byBands(
  named: OperationInputs,
  attributes: OperationAttributes,
  make: (band: Band) => tf.Tensor,
): tf.Tensor[] {
  const [outputs = 0, inputs = 0] = input(named, 'weight').shape;
  const multipleOf = input(named, 'block').shape[1] ?? 1;
  const [blockValues, scaling] = [attribute(attributes, 'blockValues'), attribute(attributes, 'scaling')];
  return inBands({ outputs, inputs }, { blockValues, multipleOf }, (band) =>
    make(bandOf(named, band, inputs, scaling)),
  );
}

function bandOf(named: OperationInputs, { start, size }: RowBand, inputs: number, scaling: number): Band {
  const r = input(named, 'block').shape[1] ?? 1;
  const bands = size / r;
  const rows = tf.slice(as2D(input(named, 'weight')), [start, 0], [size, inputs]);
  const blocks = tf.slice(input(named, 'block'), [start / r, 0, 0], [bands, r, r]);
  const weight = tf.reshape(rows, [bands, inputs, r]);
  const changed = () => {
    const product = tf.reshape(multiply(weight, blocks), [bands, r, inputs / r, r]);
    const delta = tf.add(product, tf.expandDims(blocks, 2));
    return as2D(tf.add(rows, tf.reshape(tf.mul(delta, scaling), [size, inputs])));
  };
  return { start, size, blocks, weight, changed };
}
