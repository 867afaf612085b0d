import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import {
  flag,
  type KernelAttributes,
  type KernelInputs,
  type NativeKernel,
  number,
  optional,
  real,
  size,
} from './kernel.ts';
import { timesFactor } from './lora.ts';

/** Rows of x in consecutive blocks, without a copy. */
const rowBlocks: NativeKernel = {
  name: 'CotoRowBlocks',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    return blocksOf(attributes, Object.keys(attributes).length).map(({ start, rows }) => native.rows(x, start, rows));
  },
};

/** Outputs as ops/linear/stacked-lora-linear.ts lists them. */
const linear: NativeKernel = {
  name: 'CotoStackedLoraLinear',
  run: (native, inputs, attributes) => {
    const [x, weight] = [real(inputs, 'x'), real(inputs, 'weight')];
    const y = native.output([size(x, 0), size(weight, 0)]);
    const shared = {
      ...weightFields(native, weight, attributes),
      transposeB: true,
      bias: optional(native, inputs, 'bias'),
    };
    const inner = eachBlock(native, inputs, attributes, (rows, cut, index) => {
      const [from, a] = [cut('x'), inputs[`a${index}`]];
      const z =
        a === undefined ? native.output([0, 0]) : timesFactor(native, from, real(inputs, `a${index}`), shared.bfloat16);
      native.kernels.gemm({
        ...shared,
        a: native.handle(from),
        c: native.handle(cut('y', y)),
        m: rows,
        n: size(weight, 0),
        k: size(weight, 1),
        addend: inputs['residual'] ? native.handle(cut('residual')) : 0,
        ...(a === undefined ? {} : secondOf(native, z, real(inputs, `b${index}`))),
        transposeB2: true,
        scale2: number(attributes, `scaling${index}`),
      });
      return z;
    });
    return [y, ...inner];
  },
};

const inputGradient: NativeKernel = {
  name: 'CotoStackedLoraInputGradient',
  run: (native, inputs, attributes) => {
    const weight = real(inputs, 'weight');
    const dx = native.output([size(real(inputs, 'dy'), 0), size(weight, 1)]);
    const shared = weightFields(native, weight, attributes);
    eachBlock(native, inputs, attributes, (rows, cut, index) => {
      native.kernels.gemm({
        ...shared,
        a: native.handle(cut('dy')),
        c: native.handle(cut('dx', dx)),
        m: rows,
        n: size(weight, 1),
        k: size(weight, 0),
        addend: inputs['addend'] ? native.handle(cut('addend')) : 0,
        multiplier: inputs['multiplier'] ? native.handle(cut('multiplier')) : 0,
        ...(inputs[`dz${index}`] ? secondOf(native, real(inputs, `dz${index}`), real(inputs, `a${index}`)) : {}),
      });
    });
    return dx;
  },
};

export const stackedKernels: readonly NativeKernel[] = [rowBlocks, linear, inputGradient];

function weightFields(native: NativeBackend, weight: tf.TensorInfo, attributes: KernelAttributes) {
  const b = native.handle(weight);
  return { b, packs: b, bfloat16: flag(attributes, 'bfloat16') };
}

/** The second product of a block: its inner values [rows, r] times a factor. */
function secondOf(native: NativeBackend, z: tf.TensorInfo, factor: tf.TensorInfo) {
  return { k2: size(z, 1), a2: native.handle(z), b2: native.handle(factor) };
}

/** Runs `run` for each block; `cut` returns the block's rows of an input or of `tensor`, released afterwards. */
function eachBlock<Result>(
  native: NativeBackend,
  inputs: KernelInputs,
  attributes: KernelAttributes,
  run: (rows: number, cut: (name: string, tensor?: tf.TensorInfo) => tf.TensorInfo, index: number) => Result,
): Result[] {
  return blocksOf(attributes, number(attributes, 'count')).map(({ start, rows }, index) => {
    const views: tf.TensorInfo[] = [];
    const result = run(
      rows,
      (name, tensor = real(inputs, name)) => {
        const view = native.rows(tensor, start, rows);
        views.push(view);
        return view;
      },
      index,
    );
    for (const view of views) native.release(view);
    return result;
  });
}

function blocksOf(attributes: KernelAttributes, count: number): { start: number; rows: number }[] {
  let start = 0;
  return Array.from({ length: count }, (_, index) => {
    const rows = number(attributes, `rows${index}`);
    start += rows;
    return { start: start - rows, rows };
  });
}
