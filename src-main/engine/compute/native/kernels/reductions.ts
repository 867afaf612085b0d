import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import type { Handle, Reduction } from '../kernel-calls.generated.ts';
import { asType } from './cast.ts';
import {
  count,
  flag,
  input,
  type KernelAttributes,
  type NativeKernel,
  number,
  numbers,
  size,
  sizeOf,
} from './kernel.ts';

const operations = [
  ['Sum', 'sum'],
  ['Mean', 'mean'],
  ['Max', 'maximum'],
  ['Min', 'minimum'],
  ['Prod', 'product'],
] as const satisfies readonly (readonly [string, Reduction])[];

export const reductionKernels: readonly NativeKernel[] = operations.map(([name, operation]) => ({
  name,
  run: (native, inputs, attributes) => {
    const x = input(inputs, 'x');
    if (x.dtype === 'int32' && operation !== 'mean')
      return reduced(native, x, 'int32', attributes, (...parameters) =>
        native.kernels.reduceInt32(operation, ...parameters),
      );
    return reduced(native, x, 'float32', attributes, (...parameters) =>
      native.kernels.reduce(operation, ...parameters),
    );
  },
}));

export const logicalReductionKernels: readonly NativeKernel[] = (
  [
    ['All', 'conjunction'],
    ['Any', 'disjunction'],
  ] as const
).map(([name, operation]) => ({
  name,
  run: (native, inputs, attributes) =>
    reduced(native, input(inputs, 'x'), 'bool', attributes, (...parameters) =>
      native.kernels.reduceBool(operation, ...parameters),
    ),
}));

/** Runs with x as `dtype`, its shape, the axes as bits, and the result. */
function reduced(
  native: NativeBackend,
  x: tf.TensorInfo,
  dtype: 'float32' | 'int32' | 'bool',
  attributes: KernelAttributes,
  run: (x: Handle, shape: readonly number[], axes: number, y: Handle) => void,
): tf.TensorInfo {
  const axes = axesOf(x, attributes);
  const values = asType(native, x, dtype);
  const kept = x.shape.filter((_, axis) => !axes.includes(axis));
  const y = native.output(kept, dtype);
  const bits = axes.reduce((all, axis) => all | (1 << axis), 0);
  run(native.handle(values), x.shape, bits, native.handle(y));
  native.release(values);
  if (attributes['keepDims'] !== true) return y;
  return { ...y, shape: x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length)) };
}

/** Without axes: all of them. */
function axesOf(x: tf.TensorInfo, attributes: KernelAttributes): number[] {
  const given = attributes['axis'] ?? attributes['reductionIndices'];
  if (given === undefined || given === null) return x.shape.map((_, axis) => axis);
  return tf.util.parseAxisParam(Array.isArray(given) ? given.map(Number) : Number(given), x.shape);
}

export const extremeKernels: readonly NativeKernel[] = (
  [
    ['ArgMax', 'argmax'],
    ['ArgMin', 'argmin'],
  ] as const
).map(([name, kernel]) => ({
  name,
  run: (native, inputs, attributes) => {
    const x = asType(native, input(inputs, 'x'), 'float32');
    const [axis = 0] = tf.util.parseAxisParam(numbers(attributes, 'axis'), x.shape);
    const y = native.output(x.shape.toSpliced(axis, 1), 'int32');
    native.kernels[kernel](native.handle(x), native.handle(y), ...around(x, axis));
    native.release(x);
    return y;
  },
}));

export const cumulativeSum: NativeKernel = {
  name: 'Cumsum',
  run: (native, inputs, attributes) => {
    const given = input(inputs, 'x');
    const x = asType(native, given, 'float32');
    const [axis = 0] = tf.util.parseAxisParam(number(attributes, 'axis'), x.shape);
    const y = native.output(x.shape);
    native.kernels.cumulativeSum(
      native.handle(x),
      native.handle(y),
      ...around(x, axis),
      flag(attributes, 'exclusive'),
      flag(attributes, 'reverse'),
    );
    native.release(x);
    if (given.dtype !== 'int32') return y;
    const whole = asType(native, y, 'int32');
    native.release(y);
    return whole;
  },
};

/** The tensor as [outer, length, inner] around an axis. */
function around(x: tf.TensorInfo, axis: number): [number, number, number] {
  return [sizeOf(x.shape.slice(0, axis)), size(x, axis), sizeOf(x.shape.slice(axis + 1))];
}

export const softmax: NativeKernel = {
  name: 'Softmax',
  run: (native, inputs) => {
    const logits = input(inputs, 'logits');
    const y = native.output(logits.shape);
    const classes = logits.shape.at(-1) ?? 1;
    native.kernels.softmax(native.handle(logits), native.handle(y), count(logits) / Math.max(1, classes), classes);
    return y;
  },
};
