import type { Image } from './dataset.ts';

/** Filters of Pillow's `resize`, by the numbers of `resample` in a preprocessor_config.json. */
export type ResampleFilter = 'nearest' | 'lanczos' | 'bilinear' | 'bicubic' | 'box' | 'hamming';
export const resampleFilters: readonly ResampleFilter[] = [
  'nearest',
  'lanczos',
  'bilinear',
  'bicubic',
  'box',
  'hamming',
];

const kernels: Record<Exclude<ResampleFilter, 'nearest'>, { support: number; weight(x: number): number }> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight: (x) => (x === 0 ? 1 : Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))),
  },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Fractional bits of Pillow's fixed-point weights. */
const precision = 32 - 8 - 2;

/**
 * Resizes to `height` × `width` as Pillow does (Resample.c): a separable filter that widens when shrinking, first along
 * the rows, then along the columns, each pass rounded to bytes (Pillow up to 11; later ones take the cheaper order
 * first, and may differ by 1). An image that has that size already is returned unchanged.
 */
export function resample(image: Image, height: number, width: number, filter: ResampleFilter): Image {
  if (image.height === height && image.width === width) return image;
  if (filter === 'nearest') return nearest(image, height, width);
  const kernel = kernels[filter];
  let result = image;
  if (width !== result.width) result = alongRows(result, width, windows(result.width, width, kernel));
  if (height !== result.height) result = alongColumns(result, height, windows(result.height, height, kernel));
  return result;
}

interface Window {
  readonly start: number;
  readonly weights: Int32Array;
}

/** For each output position, its input positions and their fixed-point weights. */
function windows(from: number, to: number, kernel: { support: number; weight(x: number): number }): Window[] {
  const scale = from / to;
  const filterScale = Math.max(1, scale);
  const support = kernel.support * filterScale;
  return Array.from({ length: to }, (_, position) => {
    const center = (position + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const exact = Array.from({ length: end - start }, (_, offset) =>
      kernel.weight((offset + start - center + 0.5) / filterScale),
    );
    const sum = exact.reduce((total, weight) => total + weight, 0);
    const weights = Int32Array.from(exact, (weight) => {
      const fixed = (sum === 0 ? weight : weight / sum) * 2 ** precision;
      return Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    });
    return { start, weights };
  });
}

function alongRows(image: Image, width: number, positions: readonly Window[]): Image {
  const { height, channels, pixels } = image;
  const result = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const { start, weights } = positions[x] as Window;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 2 ** (precision - 1);
        for (let tap = 0; tap < weights.length; tap++)
          sum += (pixels[(y * image.width + start + tap) * channels + channel] ?? 0) * (weights[tap] ?? 0);
        result[(y * width + x) * channels + channel] = toByte(sum);
      }
    }
  return { pixels: result, height, width, channels };
}

function alongColumns(image: Image, height: number, positions: readonly Window[]): Image {
  const { width, channels, pixels } = image;
  const rowLength = width * channels;
  const result = new Uint8Array(height * rowLength);
  for (let y = 0; y < height; y++) {
    const { start, weights } = positions[y] as Window;
    for (let column = 0; column < rowLength; column++) {
      let sum = 2 ** (precision - 1);
      for (let tap = 0; tap < weights.length; tap++)
        sum += (pixels[(start + tap) * rowLength + column] ?? 0) * (weights[tap] ?? 0);
      result[y * rowLength + column] = toByte(sum);
    }
  }
  return { pixels: result, height, width, channels };
}

function nearest(image: Image, height: number, width: number): Image {
  const { channels, pixels } = image;
  const result = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const fromY = Math.min(image.height - 1, Math.floor(((y + 0.5) * image.height) / height));
    for (let x = 0; x < width; x++) {
      const fromX = Math.min(image.width - 1, Math.floor(((x + 0.5) * image.width) / width));
      for (let channel = 0; channel < channels; channel++)
        result[(y * width + x) * channels + channel] = pixels[(fromY * image.width + fromX) * channels + channel] ?? 0;
    }
  }
  return { pixels: result, height, width, channels };
}

function toByte(fixed: number): number {
  return Math.min(255, Math.max(0, Math.floor(fixed / 2 ** precision)));
}

/** Keys' cubic with a = −0.5. */
function cubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
  if (distance < 2) return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2;
  return 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
