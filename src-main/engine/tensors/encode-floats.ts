export type FloatType = 'F32' | 'F16' | 'BF16';

/** Values as little-endian bytes of a stored type, rounded to the nearest, ties to even. */
export function encodeFloats(type: FloatType, values: Float32Array): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(values.length);
  const round = type === 'BF16' ? toBrainFloat : toHalf;
  for (let index = 0; index < values.length; index++) rounded[index] = round(bits[index] ?? 0);
  return new Uint8Array(rounded.buffer);
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** IEEE 754 binary16 of one value. */
export function halfBits(value: number): number {
  single[0] = value;
  return toHalf(singleBits[0] ?? 0);
}

/** The upper half of a float32's bits; a NaN stays one. */
function toBrainFloat(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** IEEE 754 binary16 of a float32's bits: overflow becomes infinite, underflow subnormal or zero. */
function toHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // Rounds to more than 65504, the largest half.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: the significand with its leading one, shifted to units of 2⁻²⁴.
    const exponent = magnitude >>> 23;
    const shift = 126 - exponent;
    if (shift > 24) return sign;
    const significand = (magnitude & 0x7fffff) | 0x800000;
    const kept = significand >>> shift;
    const rest = significand & ((1 << shift) - 1);
    const middle = 1 << (shift - 1);
    return sign | (kept + (rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0));
  }
  const rebased = magnitude - 0x38000000;
  return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
}
