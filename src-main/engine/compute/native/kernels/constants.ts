import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import { count, input, type NativeKernel, number, numbers, valueType } from './kernel.ts';

export function filled(
  native: NativeBackend,
  shape: readonly number[],
  value: number,
  dtype: tf.DataType,
): tf.TensorInfo {
  const y = native.output(shape, dtype);
  native.kernels.fill(native.handle(y), value, valueType(dtype), count(y));
  return y;
}

const zerosLike: NativeKernel = {
  name: 'ZerosLike',
  run: (native, inputs) => {
    const x = input(inputs, 'x');
    return filled(native, x.shape, 0, x.dtype);
  },
};

const onesLike: NativeKernel = {
  name: 'OnesLike',
  run: (native, inputs) => {
    const x = input(inputs, 'x');
    return filled(native, x.shape, 1, x.dtype);
  },
};

const fill: NativeKernel = {
  name: 'Fill',
  run: (native, _, attributes) => {
    const shape = numbers(attributes, 'shape');
    const value = number(attributes, 'value');
    return filled(native, shape, value, isType(attributes['dtype']) ? attributes['dtype'] : 'float32');
  },
};

/** start, start + step, … up to stop, itself excluded; a step of 1 also counts down. */
const range: NativeKernel = {
  name: 'Range',
  run: (native, _, attributes) => {
    const [start, stop, step] = [number(attributes, 'start'), number(attributes, 'stop'), number(attributes, 'step')];
    const dtype = isType(attributes['dtype']) ? attributes['dtype'] : 'float32';
    const stride = stop < start && step === 1 ? -1 : step;
    const length = stride === 0 ? 0 : Math.max(0, Math.ceil((stop - start) / stride));
    const whole = Array.from({ length }, (_, index) => start + index * stride);
    const values = dtype === 'int32' ? Int32Array.from(whole) : Float32Array.from(whole);
    return { dataId: native.write(values, [length], dtype), shape: [length], dtype };
  },
};

const linSpace: NativeKernel = {
  name: 'LinSpace',
  run: (native, _, attributes) => {
    const [start, stop, length] = [number(attributes, 'start'), number(attributes, 'stop'), number(attributes, 'num')];
    const step = length > 1 ? (stop - start) / (length - 1) : 0;
    const values = Float32Array.from({ length }, (_, index) => start + index * step);
    return { dataId: native.write(values, [length], 'float32'), shape: [length], dtype: 'float32' };
  },
};

export const constantKernels: readonly NativeKernel[] = [zerosLike, onesLike, fill, range, linSpace];

function isType(value: unknown): value is 'float32' | 'int32' | 'bool' {
  return value === 'float32' || value === 'int32' || value === 'bool';
}
