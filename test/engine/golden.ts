import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../src-main/engine/tensors/host-tensor.ts';

export { relativeDifference } from '../../src-main/bench/conformance/relative-difference.ts';

/** A path below test/golden, whose values transformers and PEFT computed. */
export function goldenPath(...parts: string[]): string {
  return fileURLToPath(new URL(`../golden/${parts.join('/')}`, import.meta.url));
}

export function floats(tensor: HostTensor): Float32Array {
  return tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data);
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

/** Both without what stands at padding, where outputs are of the masked tokens: those values mean nothing. */
export function attendedValues(
  actual: ArrayLike<number>,
  expected: HostTensor,
  mask: HostTensor | undefined,
): [ArrayLike<number>, ArrayLike<number>] {
  const values = floats(expected);
  if (!mask || expected.shape.length !== 3 || mask.shape[1] !== expected.shape[1]) return [actual, values];
  const width = expected.shape[2] ?? 1;
  const counted = (all: ArrayLike<number>) =>
    Array.from(all).filter((_, index) => Number(mask.data[Math.floor(index / width)]) === 1);
  return [counted(actual), counted(values)];
}

/** Prints a deviation from golden values if COTO_GOLDEN_REPORT is set, for the table of supported models. */
export function reportDeviation(family: string, name: string, difference: number): void {
  if (process.env['COTO_GOLDEN_REPORT'])
    process.stdout.write(`GOLDEN ${family} ${name} ${difference.toExponential(1)}\n`);
}
