import * as tf from '@tensorflow/tfjs-core';
import { bytesPerValue, type NativeBackend } from '../backend.ts';
import { asType } from './cast.ts';
import { count, input, type NativeKernel, number, size, sizeOf } from './kernel.ts';
import { transposed } from './layout.ts';

const select: NativeKernel = {
  name: 'Select',
  run: (native, inputs) => {
    const [condition, t, e] = [
      asType(native, input(inputs, 'condition'), 'bool'),
      input(inputs, 't'),
      input(inputs, 'e'),
    ];
    const y = native.output(t.shape, t.dtype);
    const total = count(t);
    native.kernels.select(
      native.handle(condition),
      native.handle(t),
      native.handle(e),
      native.handle(y),
      total,
      total / Math.max(1, count(condition)),
      bytesPerValue(t.dtype),
    );
    native.release(condition);
    return y;
  },
};

const gather: NativeKernel = {
  name: 'GatherV2',
  run: (native, inputs, attributes) => {
    const [x, indices] = [input(inputs, 'x'), input(inputs, 'indices')];
    const [axis = 0] = tf.util.parseAxisParam(number(attributes, 'axis'), x.shape);
    if (number(attributes, 'batchDims') !== 0) throw new Error('the native backend gathers without batch axes');
    const whole = asType(native, indices, 'int32');
    // Gathers rows: the axis is moved to the front and back again.
    const front = [axis, ...x.shape.map((_, at) => at).filter((at) => at !== axis)];
    const rows = axis === 0 ? native.alias(x, x.shape) : transposed(native, x, front);
    const picked = gatherRows(native, rows, whole);
    native.release(rows);
    native.release(whole);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    if (axis === 0) return { ...picked, shape };
    const back = Array.from({ length: axis }, (_, at) => at + 1);
    const y = transposed(native, picked, [
      ...back,
      0,
      ...front
        .slice(1)
        .map((_, at) => at + 1)
        .slice(axis),
    ]);
    native.release(picked);
    return { ...y, shape };
  },
};

/** x [rows, …] and indices → [index count, …] */
function gatherRows(native: NativeBackend, x: tf.TensorInfo, indices: tf.TensorInfo): tf.TensorInfo {
  const y = native.output([count(indices), ...x.shape.slice(1)], x.dtype);
  if (native.isStored(x)) {
    native.kernels.gatherStoredRows(native.handle(x), native.handle(indices), native.handle(y), count(indices));
    return y;
  }
  native.kernels.gatherRows(
    native.handle(x),
    native.handle(indices),
    native.handle(y),
    size(x, 0),
    count(indices),
    sizeOf(x.shape.slice(1)) * bytesPerValue(x.dtype),
  );
  return y;
}

/** Sums of the rows of x by segment: the gradient of gathering. */
const segmentSum: NativeKernel = {
  name: 'UnsortedSegmentSum',
  run: (native, inputs, attributes) => {
    const [x, ids] = [input(inputs, 'x'), asType(native, input(inputs, 'segmentIds'), 'int32')];
    const segments = number(attributes, 'numSegments');
    const y = native.output([segments, ...x.shape.slice(ids.shape.length)], 'float32');
    const rows = count(ids);
    const values = asType(native, x, 'float32');
    native.kernels.scatterAddRows(
      native.handle(values),
      native.handle(ids),
      native.handle(y),
      segments,
      rows,
      rows === 0 ? 0 : count(x) / rows,
    );
    native.release(values);
    native.release(ids);
    return y;
  },
};

const oneHot: NativeKernel = {
  name: 'OneHot',
  run: (native, inputs, attributes) => {
    const indices = asType(native, input(inputs, 'indices'), 'int32');
    const depth = number(attributes, 'depth');
    const { dtype } = attributes;
    const y = native.output([...indices.shape, depth]);
    native.kernels.oneHot(
      native.handle(indices),
      native.handle(y),
      count(indices),
      depth,
      number(attributes, 'onValue'),
      number(attributes, 'offValue'),
    );
    native.release(indices);
    if (dtype !== 'int32' && dtype !== 'bool') return y;
    const typed = asType(native, y, dtype);
    native.release(y);
    return typed;
  },
};

export const gatherSelectKernels: readonly NativeKernel[] = [select, gather, segmentSum, oneHot];
