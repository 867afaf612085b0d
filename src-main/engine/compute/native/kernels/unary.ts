import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import type { Test, Unary } from '../kernel-calls.generated.ts';
import { asType } from './cast.ts';
import { count, input, type KernelAttributes, type NativeKernel, number } from './kernel.ts';

/** `attributes`: those that become alpha and beta. */
const operations: readonly {
  readonly name: string;
  readonly operation: Unary;
  readonly attributes?: readonly [string, string?];
  readonly onInt32?: 'computed' | 'unchanged' | 'cast';
}[] = [
  { name: 'Neg', operation: 'negate', onInt32: 'computed' },
  { name: 'Abs', operation: 'absolute', onInt32: 'computed' },
  { name: 'Exp', operation: 'exponential' },
  { name: 'Expm1', operation: 'exponential_minus_one' },
  { name: 'Log', operation: 'logarithm' },
  { name: 'Log1p', operation: 'logarithm_of_one_plus' },
  { name: 'Sqrt', operation: 'square_root' },
  { name: 'Rsqrt', operation: 'reciprocal_square_root' },
  { name: 'Reciprocal', operation: 'reciprocal' },
  { name: 'Square', operation: 'square', onInt32: 'computed' },
  { name: 'Sign', operation: 'sign', onInt32: 'computed' },
  { name: 'Sigmoid', operation: 'sigmoid' },
  { name: 'Tanh', operation: 'hyperbolic_tangent' },
  { name: 'Erf', operation: 'error_function' },
  { name: 'Relu', operation: 'relu', onInt32: 'computed' },
  { name: 'Relu6', operation: 'relu6', onInt32: 'computed' },
  { name: 'LeakyRelu', operation: 'leaky_relu', attributes: ['alpha'] },
  { name: 'Elu', operation: 'elu' },
  { name: 'Softplus', operation: 'softplus' },
  { name: 'Silu', operation: 'silu' },
  { name: 'ClipByValue', operation: 'clip', attributes: ['clipValueMin', 'clipValueMax'], onInt32: 'computed' },
  { name: 'Step', operation: 'step', attributes: ['alpha'], onInt32: 'cast' },
  { name: 'Floor', operation: 'floor', onInt32: 'unchanged' },
  { name: 'Ceil', operation: 'ceiling', onInt32: 'unchanged' },
  { name: 'Round', operation: 'round', onInt32: 'unchanged' },
  { name: 'Sin', operation: 'sine' },
  { name: 'Cos', operation: 'cosine' },
];

export const unaryKernels: readonly NativeKernel[] = operations.map(
  ({ name, operation, attributes: given = [], onInt32 }) => ({
    name,
    run: (native, inputs, attributes) => {
      const x = input(inputs, 'x');
      const [alpha, beta] = [parameter(attributes, given[0]), parameter(attributes, given[1])];
      if (x.dtype === 'int32' && onInt32 === 'unchanged') return native.alias(x, x.shape);
      if (x.dtype === 'int32' && onInt32 === 'computed') {
        const y = native.output(x.shape, 'int32');
        native.kernels.unaryInt32(operation, native.handle(x), native.handle(y), count(x), alpha, beta);
        return y;
      }
      const y = unary(native, operation, x, alpha, beta);
      if (x.dtype !== 'int32' || onInt32 !== 'cast') return y;
      const whole = asType(native, y, 'int32');
      native.release(y);
      return whole;
    },
  }),
);

/** Computes in float32; other types are cast first. */
function unary(native: NativeBackend, operation: Unary, x: tf.TensorInfo, alpha: number, beta: number): tf.TensorInfo {
  const values = asType(native, x, 'float32');
  const y = native.output(x.shape);
  native.kernels.unary(operation, native.handle(values), native.handle(y), count(x), alpha, beta);
  native.release(values);
  return y;
}

function parameter(attributes: KernelAttributes, name: string | undefined): number {
  return name === undefined ? 0 : number(attributes, name);
}

/** A fused product's activation, in its own place. */
export function activate(native: NativeBackend, x: tf.TensorInfo, activation: string, alpha: number): void {
  if (activation === 'linear') return;
  const found = operations.find(({ name }) => name.toLowerCase() === activation);
  if (found === undefined) throw new Error(`the native backend has no activation ${activation}`);
  native.kernels.unary(found.operation, native.handle(x), native.handle(x), count(x), alpha, 0);
}

const tests: readonly (readonly [name: string, test: Test])[] = [
  ['IsNan', 'is_nan'],
  ['IsInf', 'is_infinite'],
  ['IsFinite', 'is_finite'],
];

/** Properties of a number. */
export const testKernels: readonly NativeKernel[] = tests.map(([name, test]) => ({
  name,
  run: (native, inputs) => {
    const x = asType(native, input(inputs, 'x'), 'float32');
    const y = native.output(x.shape, 'bool');
    native.kernels.test(test, native.handle(x), native.handle(y), count(x));
    native.release(x);
    return y;
  },
}));
