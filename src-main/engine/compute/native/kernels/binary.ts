import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import { asType } from './cast.ts';
import { input, type NativeKernel, ranked } from './kernel.ts';

/** In the order of `Binary` in cpp/kernels/kernels.h. */
const operations = [
  'Add',
  'Sub',
  'Multiply',
  'RealDiv',
  'Maximum',
  'Minimum',
  'Pow',
  'SquaredDifference',
  'FloorDiv',
  'Mod',
] as const;

export const binaryKernels: readonly NativeKernel[] = operations.map((name, at) => ({
  name,
  run: (native, inputs) => binary(native, at, input(inputs, 'a'), input(inputs, 'b')),
}));

export function add(native: NativeBackend, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  return binary(native, operations.indexOf('Add'), a, b);
}

export function multiply(native: NativeBackend, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  return binary(native, operations.indexOf('Multiply'), a, b);
}

export function subtract(native: NativeBackend, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  return binary(native, operations.indexOf('Sub'), a, b);
}

function binary(native: NativeBackend, operation: number, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  const isWhole = a.dtype === 'int32' && b.dtype === 'int32' && operations[operation] !== 'RealDiv';
  const run = isWhole ? native.addon.binaryInt32 : native.addon.binary;
  return broadcast(native, a, b, isWhole ? 'int32' : 'float32', isWhole ? 'int32' : 'float32', (...parameters) =>
    run(operation, ...parameters),
  );
}

/** In the order of `Comparison`. */
export const comparisonKernels: readonly NativeKernel[] = [
  'Equal',
  'NotEqual',
  'Less',
  'LessEqual',
  'Greater',
  'GreaterEqual',
].map((name, at) => ({
  name,
  run: (native, inputs) => {
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
    const { addon } = native;
    if (a.dtype === 'bool' && b.dtype === 'bool')
      return broadcast(native, a, b, 'bool', 'bool', (...parameters) => addon.compareBool(at, ...parameters));
    if (a.dtype === 'int32' && b.dtype === 'int32')
      return broadcast(native, a, b, 'int32', 'bool', (...parameters) => addon.compareInt32(at, ...parameters));
    return broadcast(native, a, b, 'float32', 'bool', (...parameters) => addon.compare(at, ...parameters));
  },
}));

/** In the order of `Logical`. */
export const logicalKernels: readonly NativeKernel[] = ['LogicalAnd', 'LogicalOr', 'LogicalXor'].map((name, at) => ({
  name,
  run: (native, inputs) =>
    broadcast(native, input(inputs, 'a'), input(inputs, 'b'), 'bool', 'bool', (...parameters) =>
      native.addon.logical(at, ...parameters),
    ),
}));

export const logicalNot: NativeKernel = {
  name: 'LogicalNot',
  run: (native, inputs) => {
    const x = asType(native, input(inputs, 'x'), 'bool');
    const y = native.output(x.shape, 'bool');
    native.addon.logicalNot(native.handle(x), native.handle(y), tf.util.sizeFromShape(x.shape));
    native.release(x);
    return y;
  },
};

type OperandType = 'float32' | 'int32' | 'bool';

/** Brings both to `operandType`, and runs with a, its shape, b, its shape, the output, the output's shape. */
function broadcast(
  native: NativeBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  operandType: OperandType,
  outputType: OperandType,
  run: (...parameters: number[]) => void,
): tf.TensorInfo {
  const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const [left, right] = [asType(native, a, operandType), asType(native, b, operandType)];
  const out = native.output(shape, outputType);
  run(
    native.handle(left),
    ...ranked(a.shape),
    native.handle(right),
    ...ranked(b.shape),
    native.handle(out),
    ...ranked(shape),
  );
  native.release(left);
  native.release(right);
  return out;
}
