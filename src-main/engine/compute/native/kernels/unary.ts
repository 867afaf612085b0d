import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import { asType } from './cast.ts';
import { count, input, type KernelAttributes, type NativeKernel, number } from './kernel.ts';

/** In the order of `Unary` in cpp/kernels/kernels.h. `attributes`: what becomes of alpha and beta. */
const operations: readonly {
  readonly name: string;
  readonly attributes?: readonly [string, string?];
  readonly onInt32?: 'computed' | 'unchanged' | 'cast';
}[] = [
  { name: 'Neg', onInt32: 'computed' },
  { name: 'Abs', onInt32: 'computed' },
  { name: 'Exp' },
  { name: 'Expm1' },
  { name: 'Log' },
  { name: 'Log1p' },
  { name: 'Sqrt' },
  { name: 'Rsqrt' },
  { name: 'Reciprocal' },
  { name: 'Square', onInt32: 'computed' },
  { name: 'Sign', onInt32: 'computed' },
  { name: 'Sigmoid' },
  { name: 'Tanh' },
  { name: 'Erf' },
  { name: 'Relu', onInt32: 'computed' },
  { name: 'Relu6', onInt32: 'computed' },
  { name: 'LeakyRelu', attributes: ['alpha'] },
  { name: 'Elu' },
  { name: 'Softplus' },
  { name: 'Silu' },
  { name: 'ClipByValue', attributes: ['clipValueMin', 'clipValueMax'], onInt32: 'computed' },
  { name: 'Step', attributes: ['alpha'], onInt32: 'cast' },
  { name: 'Floor', onInt32: 'unchanged' },
  { name: 'Ceil', onInt32: 'unchanged' },
  { name: 'Round', onInt32: 'unchanged' },
  { name: 'Sin' },
  { name: 'Cos' },
];

export const unaryKernels: readonly NativeKernel[] = operations.map(
  ({ name, attributes: given = [], onInt32 }, at) => ({
    name,
    run: (native, inputs, attributes) => {
      const x = input(inputs, 'x');
      const [alpha, beta] = [parameter(attributes, given[0]), parameter(attributes, given[1])];
      if (x.dtype === 'int32' && onInt32 === 'unchanged') return native.alias(x, x.shape);
      if (x.dtype === 'int32' && onInt32 === 'computed') {
        const y = native.output(x.shape, 'int32');
        native.addon.unaryInt32(at, native.handle(x), native.handle(y), count(x), alpha, beta);
        return y;
      }
      const y = unary(native, at, x, alpha, beta);
      if (x.dtype !== 'int32' || onInt32 !== 'cast') return y;
      const whole = asType(native, y, 'int32');
      native.release(y);
      return whole;
    },
  }),
);

/** Of float32; other types are cast to it first. */
function unary(native: NativeBackend, operation: number, x: tf.TensorInfo, alpha: number, beta: number): tf.TensorInfo {
  const values = asType(native, x, 'float32');
  const y = native.output(x.shape);
  native.addon.unary(operation, native.handle(values), native.handle(y), count(x), alpha, beta);
  native.release(values);
  return y;
}

function parameter(attributes: KernelAttributes, name: string | undefined): number {
  return name === undefined ? 0 : number(attributes, name);
}

/** A fused product's activation, in its own place. */
export function activate(native: NativeBackend, x: tf.TensorInfo, activation: string, alpha: number): void {
  if (activation === 'linear') return;
  const at = operations.findIndex(({ name }) => name.toLowerCase() === activation);
  if (at < 0) throw new Error(`the native backend has no activation ${activation}`);
  native.addon.unary(at, native.handle(x), native.handle(x), count(x), alpha, 0);
}

/** Properties of a number, in the order of `Test`. */
export const testKernels: readonly NativeKernel[] = ['IsNan', 'IsInf', 'IsFinite'].map((name, at) => ({
  name,
  run: (native, inputs) => {
    const x = asType(native, input(inputs, 'x'), 'float32');
    const y = native.output(x.shape, 'bool');
    native.addon.test(at, native.handle(x), native.handle(y), count(x));
    native.release(x);
    return y;
  },
}));
