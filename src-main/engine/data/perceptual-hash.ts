import type { Image } from './dataset.ts';
import { resample } from './resample.ts';
import { toGrey } from './to-grey.ts';

const side = 32;
const low = 8;
/** Pixels of a side of what two images are compared by. */
const thumbSide = 16;

/** cos(π (2x + 1) u / 64) for the 8 lowest frequencies u of 32 points x. */
const cosines = Array.from({ length: low }, (_, u) =>
  Float64Array.from({ length: side }, (_, x) => Math.cos((Math.PI * (2 * x + 1) * u) / (2 * side))),
);

/** Perceptual hash of an image: similar for scaled, recompressed or brightened copies. */
export interface Looks {
  /** 64 bits: which of the lowest 8 × 8 frequencies of the discrete cosine transform are above their median. */
  readonly high: number;
  readonly low: number;
  /** 16 × 16 grey values with mean 0 and length 1; all 0 of an image of one color. */
  readonly thumb: Float32Array;
}

/** The perceptual hash pHash (Zauner 2010, "Implementation and benchmarking of perceptual image hash functions"), and a thumbnail. */
export function looksOf(image: Image): Looks {
  const grey = resample(image.channels === 1 ? image : toGrey(image), side, side, 'bilinear').pixels;
  const rows = new Float64Array(side * low);
  for (let y = 0; y < side; y++)
    for (let u = 0; u < low; u++) {
      let sum = 0;
      for (let x = 0; x < side; x++) sum += (grey[y * side + x] ?? 0) * (cosines[u]?.[x] ?? 0);
      rows[y * low + u] = sum;
    }
  const frequencies = new Float64Array(low * low);
  for (let v = 0; v < low; v++)
    for (let u = 0; u < low; u++) {
      let sum = 0;
      for (let y = 0; y < side; y++) sum += (rows[y * low + u] ?? 0) * (cosines[v]?.[y] ?? 0);
      frequencies[v * low + u] = sum;
    }
  // The first is the mean of the image, which says how bright it is and no more.
  frequencies[0] = 0;
  const median = [...frequencies].sort((one, other) => one - other)[(low * low) / 2] ?? 0;
  const bits = [0, 0];
  for (const [at, value] of frequencies.entries())
    if (value > median) bits[at >> 5] = (bits[at >> 5] ?? 0) | (1 << (at & 31));
  return { high: bits[0] ?? 0, low: bits[1] ?? 0, thumb: thumbOf(grey) };
}

/** Number of bits in which two hashes differ. */
export function hashDistance(one: Pick<Looks, 'high' | 'low'>, other: Pick<Looks, 'high' | 'low'>): number {
  return bitCount(one.high ^ other.high) + bitCount(one.low ^ other.low);
}

/** Correlation of the thumbnails' pixels, −1 to 1. */
export function resemblance({ thumb: one }: Pick<Looks, 'thumb'>, { thumb: other }: Pick<Looks, 'thumb'>): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}

function bitCount(bits: number): number {
  let pairs = bits - ((bits >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function thumbOf(grey: Uint8Array): Float32Array {
  const step = side / thumbSide;
  const thumb = new Float32Array(thumbSide * thumbSide);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const at = Math.floor(y / step) * thumbSide + Math.floor(x / step);
      thumb[at] = (thumb[at] ?? 0) + (grey[y * side + x] ?? 0);
    }
  const mean = thumb.reduce((sum, value) => sum + value, 0) / thumb.length;
  const length = Math.sqrt(thumb.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return thumb.map((value) => (length === 0 ? 0 : (value - mean) / length));
}
