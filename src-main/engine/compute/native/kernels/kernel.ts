import type * as tf from '@tensorflow/tfjs-core';
import { type KernelAttributes, type KernelInputs, real } from '../../kernel-inputs.ts';
import type { NativeBackend } from '../backend.ts';
import type { OptionalHandle, ValueType } from '../kernel-calls.generated.ts';

export {
  count,
  flag,
  input,
  type KernelAttributes,
  type KernelInputs,
  number,
  numbers,
  real,
  size,
  sizeOf,
} from '../../kernel-inputs.ts';

/** A tfjs kernel on the addon. */
export interface NativeKernel {
  readonly name: string;
  run(native: NativeBackend, inputs: KernelInputs, attributes: KernelAttributes): tf.TensorInfo | tf.TensorInfo[];
}

/** The handle of a float32 input, or 0 where it is not given. */
export function optional(native: NativeBackend, inputs: KernelInputs, name: string): OptionalHandle {
  return inputs[name] === undefined ? 0 : native.handle(real(inputs, name));
}

/** The type of a value that a kernel writes. */
export function valueType(dtype: tf.DataType): ValueType {
  if (dtype === 'float32' || dtype === 'int32') return dtype;
  if (dtype === 'bool') return 'boolean';
  throw new Error(`the native backend has no values of type ${dtype}`);
}
