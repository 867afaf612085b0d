import { halfBits } from '../encode-floats.ts';

let table: Float32Array | null = null;

/** The float32 value of each of the 65 536 halves (IEEE 754 binary16). */
export function halves(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfValue(bits));
  return table;
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The half that starts at byte `at`, little-endian. */
export function halfAt(table: Float32Array, bytes: Uint8Array, at: number): number {
  return table[byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8)] ?? 0;
}

/** For reads whose place the caller's block size vouches for. */
export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** Writes the nearest half from byte `at` on. */
export function setHalf(bytes: Uint8Array, at: number, value: number): void {
  const bits = halfBits(value);
  bytes[at] = bits & 255;
  bytes[at + 1] = bits >> 8;
}
