import type { Image } from './dataset.ts';
import { resample } from './resample.ts';

/** The image, shrunk where its longer side has more pixels. To be looked at, not to be learned from. */
export function thumbnail(image: Image, longestSide: number): Image {
  const scale = longestSide / Math.max(image.height, image.width);
  if (scale >= 1) return image;
  const side = (pixels: number): number => Math.max(1, Math.round(scale * pixels));
  return resample(image, side(image.height), side(image.width), 'bilinear');
}
