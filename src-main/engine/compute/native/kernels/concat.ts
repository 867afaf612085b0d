import * as tf from '@tensorflow/tfjs-core';
import { bytesPerValue, type NativeBackend } from '../backend.ts';
import { add } from './binary.ts';
import { input, type KernelInputs, type NativeKernel, number, numbers, size, sizeOf } from './kernel.ts';
import { sliced } from './layout.ts';

const concat: NativeKernel = {
  name: 'Concat',
  run: (native, inputs, attributes) => {
    const all = listed(inputs);
    const [first] = all;
    if (first === undefined) throw new Error('nothing to join');
    const [axis = 0] = tf.util.parseAxisParam(number(attributes, 'axis'), first.shape);
    const shapes = all.map(({ shape }) => shape);
    tf.backend_util.assertParamsConsistent(shapes, axis);
    const present = all.filter((tensor) => tf.util.sizeFromShape(tensor.shape) > 0);
    const length = all.reduce((sum, tensor) => sum + size(tensor, axis), 0);
    return joined(native, present, axis, first.shape.with(axis, length), first.dtype);
  },
};

/** Tensors of one shape along a new axis. */
const pack: NativeKernel = {
  name: 'Pack',
  run: (native, inputs, attributes) => {
    const all = listed(inputs);
    const [first] = all;
    if (first === undefined) throw new Error('nothing to stack');
    const given = number(attributes, 'axis');
    const axis = given < 0 ? given + first.shape.length + 1 : given;
    if (all.some(({ shape, dtype }) => dtype !== first.dtype || shape.join() !== first.shape.join()))
      throw new Error('only tensors of one shape and type can be stacked');
    const widened = all.map((tensor) => ({ ...tensor, shape: tensor.shape.toSpliced(axis, 0, 1) }));
    return joined(native, widened, axis, first.shape.toSpliced(axis, 0, all.length), first.dtype);
  },
};

function joined(
  native: NativeBackend,
  tensors: readonly tf.TensorInfo[],
  axis: number,
  shape: readonly number[],
  dtype: tf.DataType,
): tf.TensorInfo {
  const y = native.output(shape, dtype);
  const bytes = bytesPerValue(dtype);
  const list = tensors.flatMap((tensor) => [native.handle(tensor), sizeOf(tensor.shape.slice(axis)) * bytes]);
  native.kernels.concat(native.handle(y), sizeOf(shape.slice(0, axis)), Float64Array.from(list));
  return y;
}

const unpack: NativeKernel = {
  name: 'Unpack',
  run: (native, inputs, attributes) => {
    const value = input(inputs, 'value');
    const [axis = 0] = tf.util.parseAxisParam(number(attributes, 'axis'), value.shape);
    return Array.from({ length: size(value, axis) }, (_, index) => {
      const begin = value.shape.map(() => 0).with(axis, index);
      const part = sliced(native, value, begin, value.shape.with(axis, 1));
      return { ...part, shape: value.shape.toSpliced(axis, 1) };
    });
  },
};

const split: NativeKernel = {
  name: 'SplitV',
  run: (native, inputs, attributes) => {
    const x = input(inputs, 'x');
    const [axis = 0] = tf.util.parseAxisParam(number(attributes, 'axis'), x.shape);
    const given = numbers(attributes, 'numOrSizeSplits');
    // A number: equal parts; a size of −1 takes the rest.
    const parts = typeof attributes['numOrSizeSplits'] === 'number' ? Number(given[0]) : given;
    let start = 0;
    return tf.backend_util.prepareSplitSize(x, parts, axis).map((length) => {
      const begin = x.shape.map(() => 0).with(axis, start);
      start += length;
      return sliced(native, x, begin, x.shape.with(axis, length));
    });
  },
};

const addN: NativeKernel = {
  name: 'AddN',
  run: (native, inputs) => {
    const all = listed(inputs);
    const [first] = all;
    if (first === undefined) throw new Error('nothing to add');
    if (first.dtype !== 'float32')
      return all.slice(1).reduce((sum, next) => replaced(native, sum, next), native.alias(first, first.shape));
    const y = native.output(first.shape);
    const handles = Float64Array.from(all, (tensor) => native.handle(tensor));
    native.kernels.addN(native.handle(y), tf.util.sizeFromShape(first.shape), handles);
    return y;
  },
};

/** sum + next in place of sum. */
function replaced(native: NativeBackend, sum: tf.TensorInfo, next: tf.TensorInfo): tf.TensorInfo {
  const larger = add(native, sum, next);
  native.release(sum);
  return larger;
}

export const concatKernels: readonly NativeKernel[] = [concat, pack, unpack, split, addN];

/** tfjs passes a list of tensors as an object with numeric keys. */
function listed(inputs: KernelInputs): tf.TensorInfo[] {
  return Object.values(inputs).filter((tensor) => tensor !== undefined);
}
