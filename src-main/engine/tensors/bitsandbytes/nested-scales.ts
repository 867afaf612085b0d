/** Scales that share one scale of their own in double quantization. */
export const nestedBlock = 256;

/** The scales of blocks in bytes: levels of `map` times `largest` of each 256, plus `offset`. */
export interface NestedScales {
  readonly codes: Uint8Array;
  readonly map: Float32Array;
  readonly largest: Float32Array;
  readonly blocksize: number;
  readonly offset: number;
}

/**
 * Quantizes the scales like bitsandbytes' double quantization: their deviations from the mean, in the 256 levels of
 * `map`.
 */
export function nestScales(scales: Float32Array, map: Float32Array): NestedScales {
  let sum = 0;
  for (const scale of scales) sum += scale;
  const offset = Math.fround(sum / scales.length);
  const largest = new Float32Array(Math.ceil(scales.length / nestedBlock));
  const codes = new Uint8Array(scales.length);
  for (let block = 0; block < largest.length; block++) {
    const part = scales.subarray(block * nestedBlock, (block + 1) * nestedBlock).map((scale) => scale - offset);
    const most = part.reduce((found, value) => Math.max(found, Math.abs(value)), 0);
    largest[block] = most;
    for (let index = 0; index < part.length; index++)
      codes[block * nestedBlock + index] = nearest(map, most === 0 ? 0 : Math.fround((part[index] ?? 0) / most));
  }
  return { codes, map, largest, blocksize: nestedBlock, offset };
}

/** The scale of block `index` as float32, with every intermediate rounded as bitsandbytes rounds it. */
export function scaleAt({ codes, map, largest, blocksize, offset }: NestedScales, index: number): number {
  return Math.fround((map[codes[index] ?? 0] ?? 0) * (largest[Math.floor(index / blocksize)] ?? 0)) + offset;
}

/** Index of the value of an ascending map that is nearest. */
function nearest(map: Float32Array, value: number): number {
  let low = 0;
  let high = map.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((map[middle] ?? 0) <= value) low = middle;
    else high = middle;
  }
  return Math.fround(value - (map[low] ?? 0)) <= Math.fround((map[high] ?? 0) - value) ? low : high;
}
