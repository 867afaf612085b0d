import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../src-main/engine/tensors/host-tensor.ts';

/** A path below test/golden, whose values transformers and PEFT computed. */
export function goldenPath(...parts: string[]): string {
  return fileURLToPath(new URL(`../golden/${parts.join('/')}`, import.meta.url));
}

export function floats(tensor: HostTensor): Float32Array {
  return tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data);
}

/** max |actual − expected| / max |expected|: how golden values are compared. Infinite where the lengths differ. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = 0;
  for (let index = 0; index < expected.length; index++) {
    difference = Math.max(difference, Math.abs((actual[index] ?? Number.NaN) - (expected[index] ?? Number.NaN)));
    scale = Math.max(scale, Math.abs(expected[index] ?? Number.NaN));
  }
  return difference === 0 ? 0 : difference / scale;
}

export function taken(tensors: ReadonlyMap<string, HostTensor>, name: string): HostTensor {
  const found = tensors.get(name);
  if (!found) throw new Error(`no tensor ${name}`);
  return found;
}

/** The named tensors on the device. */
export function tensorsOf(named: ReadonlyMap<string, HostTensor>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    [...named].map(([name, { shape, data }]) => [
      name,
      tf.tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32'),
    ]),
  );
}

/** Both without what stands at padding, where outputs are of tokens: those values mean nothing. */
export function attendedValues(
  actual: ArrayLike<number>,
  expected: HostTensor,
  mask: HostTensor | undefined,
): [ArrayLike<number>, ArrayLike<number>] {
  const values = floats(expected);
  if (!mask || expected.shape.length !== 3) return [actual, values];
  const width = expected.shape[2] ?? 1;
  const counted = (all: ArrayLike<number>) =>
    Array.from(all).filter((_, index) => Number(mask.data[Math.floor(index / width)]) === 1);
  return [counted(actual), counted(values)];
}
