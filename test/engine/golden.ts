import { fileURLToPath } from 'node:url';
import type { HostTensor } from '../../src-main/engine/formats/host-tensor.ts';

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
