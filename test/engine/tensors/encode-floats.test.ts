import { expect, it } from 'vitest';
import { encodeFloats } from '../../../src-main/engine/tensors/encode-floats.ts';
import { RandomStream } from '../../../src-shared/random.ts';

const random = RandomStream.seeded(1, 'study');
/** Bit patterns of every kind: small, large, subnormal, halfway between two halves, not finite. */
const patterns = Uint32Array.from([
  ...Array.from({ length: 20_000 }, () => random.integer(2 ** 31) * 2 + random.integer(2)),
  ...Array.from({ length: 2048 }, (_, index) => 0x38000000 + index * 0x1000),
  ...Array.from({ length: 2048 }, (_, index) => 0x33000000 + index * 0x8000),
  ...[0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0x477fefff, 0x477ff000, 0x33000000, 0x33000001, 1],
]);
const values = new Float32Array(patterns.buffer);

it('rounds to half precision as JavaScript itself does', () => {
  const halves = new Uint16Array(encodeFloats('F16', values).slice().buffer);
  const expected = new Uint16Array(Float16Array.from(values).buffer);
  for (let index = 0; index < values.length; index++)
    if (Number.isNaN(values[index])) expect((halves[index] ?? 0) & 0x7fff).toBeGreaterThan(0x7c00);
    else if (halves[index] !== expected[index])
      throw new Error(`${values[index]} became ${halves[index]?.toString(16)}, not ${expected[index]?.toString(16)}`);
});

it('rounds to bfloat16 by the nearest of both neighbors, ties to even', () => {
  const rounded = new Uint16Array(encodeFloats('BF16', values).slice().buffer);
  const asFloat = (bits: number) => new Float32Array(Uint32Array.of(bits * 65_536).buffer)[0] ?? Number.NaN;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    const own = rounded[index] ?? 0;
    if (!Number.isFinite(value)) {
      expect(asFloat(own)).toEqual(value);
      continue;
    }
    const below = (patterns[index] ?? 0) >>> 16;
    const distances = [below, below + 1].map((bits) => Math.abs(asFloat(bits) - value));
    const [low = 0, high = 0] = distances;
    const nearest = low < high || (low === high && below % 2 === 0) ? below : below + 1;
    // Beyond the largest bfloat16 the next one is infinite, as far as its exponent would have been.
    if (Number.isFinite(asFloat(below + 1))) expect(own).toBe(nearest);
  }
});
