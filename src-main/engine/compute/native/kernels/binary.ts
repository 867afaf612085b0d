import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import type { Binary, Comparison, Handle, Logical } from '../kernel-calls.generated.ts';
import { asType } from './cast.ts';
import { input, type NativeKernel } from './kernel.ts';

const operations: readonly (readonly [name: string, operation: Binary])[] = [
  ['Add', 'add'],
  ['Sub', 'subtract'],
  ['Multiply', 'multiply'],
  ['RealDiv', 'divide'],
  ['Maximum', 'maximum'],
  ['Minimum', 'minimum'],
  ['Pow', 'power'],
  ['SquaredDifference', 'squared_difference'],
  ['FloorDiv', 'floor_divide'],
  ['Mod', 'modulo'],
];

export const binaryKernels: readonly NativeKernel[] = operations.map(([name, operation]) => ({
  name,
  run: (native, inputs) => binary(native, operation, input(inputs, 'a'), input(inputs, 'b')),
}));

export function add(native: NativeBackend, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  return binary(native, 'add', a, b);
}

export function multiply(native: NativeBackend, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  return binary(native, 'multiply', a, b);
}

export function subtract(native: NativeBackend, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  return binary(native, 'subtract', a, b);
}

function binary(native: NativeBackend, operation: Binary, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  if (a.dtype === 'int32' && b.dtype === 'int32' && operation !== 'divide')
    return broadcast(native, a, b, 'int32', 'int32', (...operands) =>
      native.kernels.binaryInt32(operation, ...operands),
    );
  return broadcast(native, a, b, 'float32', 'float32', (...operands) => native.kernels.binary(operation, ...operands));
}

const comparisons: readonly (readonly [name: string, operation: Comparison])[] = [
  ['Equal', 'equal'],
  ['NotEqual', 'not_equal'],
  ['Less', 'less'],
  ['LessEqual', 'less_equal'],
  ['Greater', 'greater'],
  ['GreaterEqual', 'greater_equal'],
];

export const comparisonKernels: readonly NativeKernel[] = comparisons.map(([name, operation]) => ({
  name,
  run: (native, inputs) => {
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
    const { kernels } = native;
    if (a.dtype === 'bool' && b.dtype === 'bool')
      return broadcast(native, a, b, 'bool', 'bool', (...operands) => kernels.compareBool(operation, ...operands));
    if (a.dtype === 'int32' && b.dtype === 'int32')
      return broadcast(native, a, b, 'int32', 'bool', (...operands) => kernels.compareInt32(operation, ...operands));
    return broadcast(native, a, b, 'float32', 'bool', (...operands) => kernels.compare(operation, ...operands));
  },
}));

const logicalOperations: readonly (readonly [name: string, operation: Logical])[] = [
  ['LogicalAnd', 'conjunction'],
  ['LogicalOr', 'disjunction'],
  ['LogicalXor', 'exclusive'],
];

export const logicalKernels: readonly NativeKernel[] = logicalOperations.map(([name, operation]) => ({
  name,
  run: (native, inputs) =>
    broadcast(native, input(inputs, 'a'), input(inputs, 'b'), 'bool', 'bool', (...operands) =>
      native.kernels.logical(operation, ...operands),
    ),
}));

export const logicalNot: NativeKernel = {
  name: 'LogicalNot',
  run: (native, inputs) => {
    const x = asType(native, input(inputs, 'x'), 'bool');
    const y = native.output(x.shape, 'bool');
    native.kernels.logicalNot(native.handle(x), native.handle(y), tf.util.sizeFromShape(x.shape));
    native.release(x);
    return y;
  },
};

type OperandType = 'float32' | 'int32' | 'bool';

type Operands = [
  a: Handle,
  aShape: readonly number[],
  b: Handle,
  bShape: readonly number[],
  out: Handle,
  outShape: readonly number[],
];

/** Brings both to `operandType`, and runs with them and with the output. */
function broadcast(
  native: NativeBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  operandType: OperandType,
  outputType: OperandType,
  run: (...operands: Operands) => void,
): tf.TensorInfo {
  const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const [left, right] = [asType(native, a, operandType), asType(native, b, operandType)];
  const out = native.output(shape, outputType);
  run(native.handle(left), a.shape, native.handle(right), b.shape, native.handle(out), shape);
  native.release(left);
  native.release(right);
  return out;
}
