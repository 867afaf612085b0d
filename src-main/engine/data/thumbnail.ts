import type { Image } from './dataset.ts';
import { resample } from './resample.ts';

/** Pixels of the longer side, at most. */
const longestSide = 64;

/** The image, shrunk where it is larger than a thumbnail. */
export function thumbnail(image: Image): Image {
  const scale = longestSide / Math.max(image.height, image.width);
  if (scale >= 1) return image;
  const side = (pixels: number): number => Math.max(1, Math.round(scale * pixels));
  return resample(image, side(image.height), side(image.width), 'bilinear');
}
