import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../src-shared/domain/models/model.ts';
import type { BaseModel } from '../models/base-model.ts';

/** Inputs of a batch on the host, by name. */
export type BatchInputs = Readonly<Record<string, BatchInput>>;

export interface BatchInput {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Mask of the rows of a linear's inputs, 0 at padding; null where rows are not of tokens, or no mask is known. */
export function rowMask(
  base: Pick<BaseModel, 'isOfDecoder'>,
  module: LinearModule,
  inputs: BatchInputs,
  rows: number,
): BatchInput['data'] | null {
  const mask = inputs[base.isOfDecoder?.(module) ? 'decoder_attention_mask' : 'attention_mask']?.data;
  return mask?.length === rows ? mask : null;
}

/** Copies inputs to the device; the caller disposes them, or runs within `tf.tidy`. */
export function deviceInputs(inputs: BatchInputs): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [
      name,
      tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32'),
    ]),
  );
}

/** Copies rows of `from` values to the starts of the rows of `wide`, which have `to` values. */
export function widened<Values extends Int32Array | Float32Array | Uint8Array>(
  data: Int32Array | Float32Array | Uint8Array,
  from: number,
  to: number,
  wide: Values,
): Values {
  for (let row = 0; row * from < data.length; row++) wide.set(data.subarray(row * from, (row + 1) * from), row * to);
  return wide;
}
