import type { Image } from './dataset.ts';

/** The middle `height` × `width` of an image that is no smaller, as transformers' `center_crop` cuts it. */
export function centerCrop(image: Image, height: number, width: number): Image {
  if (image.height === height && image.width === width) return image;
  const { channels } = image;
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  const pixels = new Uint8Array(height * width * channels);
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * image.width + left) * channels;
    pixels.set(image.pixels.subarray(start, start + width * channels), row * width * channels);
  }
  return { pixels, height, width, channels };
}
