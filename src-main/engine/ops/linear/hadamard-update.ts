import * as tf from '@tensorflow/tfjs-core';
import { once } from '../../../../src-shared/once.ts';
import {
  as2D,
  attribute,
  defineOperation,
  givenInputs,
  input,
  type OperationInputs,
  only2D,
} from '../autograd/operation.ts';
import { dropped } from './dropped.ts';
import { matmul } from './matmul.ts';
import { matrixProduct } from './matrix-product.ts';
import { besideEachOther, columnsOf, inBands, type RowBand, sumOf, usualBlock } from './row-bands.ts';
import type { UpdateOptions, UpdateSize } from './update-options.ts';

/** ΔW = s · (B₁·A₁) ∘ (B₂·A₂). A₁ [r₁, in], B₁ [out, r₁], A₂ [r₂, in], B₂ [out, r₂]. */
export interface HadamardFactors {
  readonly a1: tf.Tensor;
  readonly b1: tf.Tensor;
  readonly a2: tf.Tensor;
  readonly b2: tf.Tensor;
  readonly scaling: number;
}

/**
 * Returns true if the product should use its Khatri-Rao factors instead of ΔW: (B₁A₁) ∘ (B₂A₂) = B·A, where the rows of
 * A [r₁r₂, in] are all products of a row of A₁ with one of A₂, and the columns of B [out, r₁r₂] those of B₁ and B₂. The
 * factors cost r₁r₂·(in + out) a row, ΔW costs in·out; computing the factors or ΔW is a one-time extra.
 */
export function usesKhatriRao({ rows, inputs, outputs }: UpdateSize, r1: number, r2: number): boolean {
  return r1 * r2 * (inputs + outputs) * (rows + 1) <= inputs * outputs * (rows + r1 + r2);
}

const operation = defineOperation({
  name: 'CotoHadamardUpdate',
  compose: (inputs, attributes) => {
    const x = dropped(inputs);
    const scale = attribute(attributes, 'scaling');
    if (byFactors(inputs)) {
      const z = matmul(x, khatriRaoRows(inputs), { transposeB: true });
      return [matmul(z, khatriRaoColumns(inputs), { transposeB: true, scale, addend: inputs['residual'] }), z];
    }
    const parts = inBlocks(inputs, attribute(attributes, 'blockValues'), (block) =>
      matmul(x, block.delta(), { transposeB: true, scale }),
    );
    const update = besideEachOther(parts);
    // No z: the gradients make what they need from x.
    return [inputs['residual'] ? tf.add(update, inputs['residual']) : update, tf.scalar(0)];
  },
  saved: { inputs: ['x', 'mask', 'a1', 'b1', 'a2', 'b2'], outputs: [null, 'z'], states: ['x', 'mask'] },
  gradients: (dy, saved, attributes) => {
    const scale = attribute(attributes, 'scaling');
    const size = attribute(attributes, 'blockValues');
    const own = byFactors(saved) ? factorGradients(dy, saved, scale) : blockGradients(dy, saved, scale, size);
    const { mask } = saved;
    return {
      x: (accumulated) => (mask ? tf.mul(own.x(), mask) : own.x(accumulated?.take())),
      a1: () => input(own.factors(), 'a1'),
      b1: () => input(own.factors(), 'b1'),
      a2: () => input(own.factors(), 'a2'),
      b2: () => input(own.factors(), 'b2'),
      residual: () => dy,
    };
  },
});

/**
 * [residual +] scaling · (x ∘ mask)·ΔWᵀ of a Hadamard product of two low-rank matrices (FedPara, LoHa, ABBA), by whichever way costs
 * less; ΔW never exists as a whole. x [rows, in] → [rows, out]. Gradients go to x, all four factors and the residual.
 */
export function hadamardUpdate(
  x: tf.Tensor2D,
  { scaling, ...factors }: HadamardFactors,
  { residual, mask, blockValues = usualBlock }: UpdateOptions & { readonly blockValues?: number } = {},
): tf.Tensor2D {
  return only2D(operation(givenInputs({ x, ...factors, residual, mask }), { scaling, blockValues }));
}

function byFactors(inputs: OperationInputs): boolean {
  const { rows, inputs: width, outputs, r1, r2 } = sizesOf(inputs);
  return usesKhatriRao({ rows, inputs: width, outputs }, r1, r2);
}

function sizesOf(named: OperationInputs) {
  const [rows = 0, inputs = 0] = input(named, 'x').shape;
  const [outputs = 0, r1 = 0] = input(named, 'b1').shape;
  return { rows, inputs, outputs, r1, r2: input(named, 'b2').shape[1] ?? 0 };
}

/** [r₁r₂, in] */
function khatriRaoRows(named: OperationInputs): tf.Tensor {
  const { inputs, r1, r2 } = sizesOf(named);
  const product = tf.mul(tf.expandDims(input(named, 'a1'), 1), tf.expandDims(input(named, 'a2'), 0));
  return tf.reshape(product, [r1 * r2, inputs]);
}

/** [out, r₁r₂] */
function khatriRaoColumns(named: OperationInputs): tf.Tensor {
  const { outputs, r1, r2 } = sizesOf(named);
  const product = tf.mul(tf.expandDims(input(named, 'b1'), 2), tf.expandDims(input(named, 'b2'), 1));
  return tf.reshape(product, [outputs, r1 * r2]);
}

interface OwnGradients {
  x(addend?: tf.Tensor): tf.Tensor;
  factors(): OperationInputs;
}

function factorGradients(dy: tf.Tensor, saved: OperationInputs, scale: number): OwnGradients {
  const { inputs, outputs, r1, r2 } = sizesOf(saved);
  // dz [rows, r₁r₂] serves x and both A.
  const dz = matmul(dy, khatriRaoColumns(saved), { scale });
  return {
    x: (addend) => matmul(dz, khatriRaoRows(saved), { addend }),
    factors: once(() => {
      const da = tf.reshape(matmul(dz, dropped(saved), { transposeA: true }), [r1, r2, inputs]);
      const db = tf.reshape(matmul(dy, input(saved, 'z'), { transposeA: true, scale }), [outputs, r1, r2]);
      return {
        a1: tf.sum(tf.mul(da, tf.expandDims(input(saved, 'a2'), 0)), 1),
        a2: tf.sum(tf.mul(da, tf.expandDims(input(saved, 'a1'), 1)), 0),
        b1: tf.sum(tf.mul(db, tf.expandDims(input(saved, 'b2'), 1)), 2),
        b2: tf.sum(tf.mul(db, tf.expandDims(input(saved, 'b1'), 2)), 1),
      };
    }),
  };
}

function blockGradients(dy: tf.Tensor, saved: OperationInputs, scale: number, blockValues: number): OwnGradients {
  return {
    x: (addend) => {
      const parts = inBlocks(saved, blockValues, (block) => matmul(columnsOf(dy, block), block.delta(), { scale }));
      return sumOf(addend ? [addend, ...parts] : parts);
    },
    factors: once(() => {
      const x = dropped(saved);
      const blocks = inBlocks(saved, blockValues, (block) => {
        const gradient = matmul(columnsOf(dy, block), x, { transposeA: true, scale });
        const [d1, d2] = [tf.mul(gradient, block.second()), tf.mul(gradient, block.first())];
        return {
          a1: matmul(block.b1, d1, { transposeA: true }),
          b1: matmul(d1, input(saved, 'a1'), { transposeB: true }),
          a2: matmul(block.b2, d2, { transposeA: true }),
          b2: matmul(d2, input(saved, 'a2'), { transposeB: true }),
        };
      });
      const all = (name: 'a1' | 'b1' | 'a2' | 'b2') => blocks.map((block) => block[name]);
      return {
        a1: sumOf(all('a1')),
        b1: tf.concat(all('b1'), 0),
        a2: sumOf(all('a2')),
        b2: tf.concat(all('b2'), 0),
      };
    }),
  };
}

/** Some rows of ΔW. */
interface Block extends RowBand {
  readonly b1: tf.Tensor;
  readonly b2: tf.Tensor;
  /** Their part of B₁·A₁, of B₂·A₂, and of the product of both. */
  first(): tf.Tensor;
  second(): tf.Tensor;
  delta(): tf.Tensor;
}

/** Runs `make` for each block of rows of ΔW. */
function inBlocks<Result extends tf.TensorContainer>(
  named: OperationInputs,
  blockValues: number,
  make: (block: Block) => Result,
): Result[] {
  const [a1, a2] = [input(named, 'a1'), input(named, 'a2')];
  return inBands(sizesOf(named), { blockValues }, ({ start, size }) => {
    const rowsOf = (name: 'b1' | 'b2') => tf.slice(as2D(input(named, name)), [start, 0], [size, -1]);
    const [b1, b2] = [rowsOf('b1'), rowsOf('b2')];
    const [one, two] = [() => matmul(b1, a1), () => matmul(b2, a2)];
    return make({ start, size, b1, b2, first: one, second: two, delta: () => tf.mul(one(), two()) });
  });
}

/** W + ΔW for a weight [out, in], or [in, out] where `inputsFirst`. */
export function hadamardMergedWeight(
  weight: tf.Tensor2D,
  { a1, b1, a2, b2, scaling }: HadamardFactors,
  inputsFirst: boolean,
): tf.Tensor2D {
  const delta = tf.mul<tf.Tensor2D>(tf.mul(matrixProduct(b1, a1), matrixProduct(b2, a2)), scaling);
  return tf.add(weight, inputsFirst ? tf.transpose(delta) : delta);
}
