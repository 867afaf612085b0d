/** Values of the blocks that llama.cpp quantizes on their own. */
const blockValues = 32;

/** The value of largest magnitude among the 32 from `start` on, with its sign; the first of equal ones. */
export function farthest(values: Float32Array, start: number): number {
  let found = 0;
  for (let index = start; index < start + blockValues; index++) {
    const value = values[index] ?? 0;
    if (Math.abs(value) > Math.abs(found)) found = value;
  }
  return found;
}

/** The lowest of 32 values, and the step to the highest in `steps` steps, with its inverse; float32. */
export function rangeOf(values: Float32Array, start: number, steps: number) {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = start; index < start + blockValues; index++) {
    const value = values[index] ?? 0;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  const scale = Math.fround(Math.fround(highest - lowest) / steps);
  return { lowest, scale, inverse: scale === 0 ? 0 : Math.fround(1 / scale) };
}

/** The whole part of a level in float32, 0 to `highest`. */
export function truncated(level: number, highest: number): number {
  return Math.max(0, Math.min(highest, Math.trunc(Math.fround(level))));
}

/** Writes 32 levels of five bits as Q5_0 and Q5_1 have them: 4 bytes of fifth bits from `at` on, then 16 bytes of the rest. */
export function setLevelsOfFive(blocks: Uint8Array, at: number, levelOf: (index: number) => number): void {
  let fifth = 0;
  for (let index = 0; index < blockValues / 2; index++) {
    const [low, high] = [levelOf(index), levelOf(index + blockValues / 2)];
    blocks[at + 4 + index] = (low & 15) | ((high & 15) << 4);
    fifth |= ((low >> 4) << index) | ((high >> 4) << (index + blockValues / 2));
  }
  for (let byte = 0; byte < 4; byte++) blocks[at + byte] = (fifth >>> (8 * byte)) & 255;
}
