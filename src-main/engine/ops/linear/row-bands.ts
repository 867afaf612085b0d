import * as tf from '@tensorflow/tfjs-core';
import { as2D, first } from '../autograd/operation.ts';

/** Values of a weight that exist at a time where it is made band by band: 4 MiB. */
export const usualBlock = 2 ** 20;

/** Some rows of a weight [out, in]. */
export interface RowBand {
  readonly start: number;
  readonly size: number;
}

/**
 * Runs `make` for each band of rows of a weight; a band's other tensors are disposed of before the next one. A band has
 * up to `blockValues` values, but at least `multipleOf` rows, and always a multiple of them.
 */
export function inBands<Result extends tf.TensorContainer>(
  { outputs, inputs }: { readonly outputs: number; readonly inputs: number },
  { blockValues, multipleOf = 1 }: { readonly blockValues: number; readonly multipleOf?: number },
  make: (band: RowBand) => Result,
): Result[] {
  const most = multipleOf * Math.max(1, Math.floor(blockValues / (inputs * multipleOf)));
  const results: Result[] = [];
  for (let start = 0; start < outputs; start += most) {
    const size = Math.min(most, outputs - start);
    results.push(tf.tidy(() => make({ start, size })));
  }
  return results;
}

/** The columns of y [rows, out] that a band makes. */
export function columnsOf(y: tf.Tensor, { start, size }: RowBand): tf.Tensor2D {
  return tf.slice(as2D(y), [0, start], [-1, size]);
}

export function besideEachOther(parts: readonly tf.Tensor[]): tf.Tensor {
  return parts.length === 1 ? first(parts) : tf.concat([...parts], 1);
}

export function sumOf(parts: readonly tf.Tensor[]): tf.Tensor {
  return parts.length === 1 ? first(parts) : tf.addN([...parts]);
}
