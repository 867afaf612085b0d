import * as tf from '@tensorflow/tfjs-core';
import { bytesPerValue, type NativeBackend } from '../backend.ts';
import { input, type NativeKernel, number, numbers, valueType } from './kernel.ts';

const transpose: NativeKernel = {
  name: 'Transpose',
  run: (native, inputs, attributes) => transposed(native, input(inputs, 'x'), numbers(attributes, 'perm')),
};

export function transposed(native: NativeBackend, x: tf.TensorInfo, axes: readonly number[]): tf.TensorInfo {
  const y = native.output(
    axes.map((axis) => x.shape[axis] ?? 0),
    x.dtype,
  );
  const bytes = bytesPerValue(x.dtype);
  native.kernels.transpose(native.handle(x), native.handle(y), bytes, x.shape, axes);
  return y;
}

const slice: NativeKernel = {
  name: 'Slice',
  run: (native, inputs, attributes) => {
    const x = input(inputs, 'x');
    const size = attributes['size'] === undefined || attributes['size'] === null ? -1 : numbers(attributes, 'size');
    const begin = numbers(attributes, 'begin');
    // tfjs completes missing axes, and a size of −1 extends to the end.
    const [starts = [], sizes = []] = tf.slice_util.parseSliceParams(x, begin, size);
    tf.slice_util.assertParamsValid(x, starts, sizes);
    return sliced(native, x, starts, sizes);
  },
};

export function sliced(
  native: NativeBackend,
  x: tf.TensorInfo,
  begin: readonly number[],
  size: readonly number[],
  strides: readonly number[] = x.shape.map(() => 1),
): tf.TensorInfo {
  const y = native.output(size, x.dtype);
  native.kernels.slice(native.handle(x), native.handle(y), bytesPerValue(x.dtype), x.shape, size, begin, strides);
  return y;
}

const stridedSlice: NativeKernel = {
  name: 'StridedSlice',
  run: (native, inputs, attributes) => {
    const x = input(inputs, 'x');
    const { finalShape, finalShapeSparse, begin, end, strides } = tf.slice_util.sliceInfo(
      x.shape,
      numbers(attributes, 'begin'),
      numbers(attributes, 'end'),
      numbers(attributes, 'strides'),
      number(attributes, 'beginMask'),
      number(attributes, 'endMask'),
      number(attributes, 'ellipsisMask'),
      number(attributes, 'newAxisMask'),
      number(attributes, 'shrinkAxisMask'),
    );
    if (tf.util.sizeFromShape(finalShapeSparse) === 0) return native.output(finalShape, x.dtype);
    const y = sliced(native, x, begin, tf.slice_util.computeOutShape(begin, end, strides), strides);
    return { ...y, shape: finalShape };
  },
};

const reverse: NativeKernel = {
  name: 'Reverse',
  run: (native, inputs, attributes) => {
    const x = input(inputs, 'x');
    const { dims } = attributes;
    const axes =
      dims === undefined || dims === null
        ? x.shape.map((_, axis) => axis)
        : tf.util.parseAxisParam(numbers(attributes, 'dims'), x.shape);
    const begin = x.shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
    const strides = x.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1));
    return sliced(native, x, begin, x.shape, strides);
  },
};

const pad: NativeKernel = {
  name: 'PadV2',
  run: (native, inputs, attributes) => {
    const x = input(inputs, 'x');
    const given = attributes['paddings'];
    if (!Array.isArray(given)) throw new Error('kernel attribute paddings is missing');
    const paddings: number[][] = given.map((pair) => Array.from<unknown>(pair).map(Number));
    const before = paddings.map(([first = 0]) => first);
    const y = native.output(
      x.shape.map((size, axis) => (before[axis] ?? 0) + size + (paddings[axis]?.[1] ?? 0)),
      x.dtype,
    );
    native.kernels.pad(
      native.handle(x),
      native.handle(y),
      number(attributes, 'constantValue'),
      valueType(x.dtype),
      x.shape,
      y.shape,
      before,
    );
    return y;
  },
};

const tile: NativeKernel = {
  name: 'Tile',
  run: (native, inputs, attributes) => {
    const x = input(inputs, 'x');
    return tiled(native, x, numbers(attributes, 'reps'));
  },
};

/** Repeats x; leading axes are added if there are more repeats than axes. */
export function tiled(native: NativeBackend, x: tf.TensorInfo, repeats: readonly number[]): tf.TensorInfo {
  const lead = Math.max(0, repeats.length - x.shape.length);
  const shape = [...new Array<number>(lead).fill(1), ...x.shape];
  const missing = shape.length - repeats.length;
  const y = native.output(
    shape.map((size, axis) => size * (axis < missing ? 1 : (repeats[axis - missing] ?? 1))),
    x.dtype,
  );
  native.kernels.tile(native.handle(x), shape, native.handle(y), y.shape, bytesPerValue(x.dtype));
  return y;
}

export const layoutKernels: readonly NativeKernel[] = [transpose, slice, stridedSlice, reverse, pad, tile];
