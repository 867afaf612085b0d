import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import type { NativeKernels } from '../kernel-calls.generated.ts';
import { count, input, type NativeKernel } from './kernel.ts';

const casts = {
  'float32 to int32': 'floatToInt32',
  'int32 to float32': 'int32ToFloat',
  'float32 to bool': 'floatToBool',
  'int32 to bool': 'int32ToBool',
  'bool to float32': 'boolToFloat',
  'bool to int32': 'boolToInt32',
} as const satisfies Record<string, keyof NativeKernels>;

export const cast: NativeKernel = {
  name: 'Cast',
  run: (native, inputs, { dtype }) => {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
      throw new Error(`the native backend cannot cast to ${String(dtype)}`);
    return asType(native, input(inputs, 'x'), dtype);
  },
};

/** x as another type: a new tensor, or another reference to the same values. The caller releases it either way. */
export function asType(native: NativeBackend, x: tf.TensorInfo, dtype: 'float32' | 'int32' | 'bool'): tf.TensorInfo {
  if (x.dtype === dtype) return native.alias(x, x.shape);
  const y = native.output(x.shape, dtype);
  native.kernels[kernelFor(x.dtype, dtype)](native.handle(x), native.handle(y), count(x));
  return y;
}

function kernelFor(from: tf.DataType, to: tf.DataType): (typeof casts)[keyof typeof casts] {
  const pair = `${from} to ${to}`;
  if (isCast(pair)) return casts[pair];
  throw new Error(`the native backend cannot cast ${pair}`);
}

function isCast(pair: string): pair is keyof typeof casts {
  return Object.hasOwn(casts, pair);
}
