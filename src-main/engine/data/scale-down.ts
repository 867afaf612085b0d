import type { Image } from './dataset.ts';

/**
 * An image of at most `side` pixels on its longer side, by the mean of whole blocks of pixels; itself where it is no larger.
 * To be looked at, not to be learned from.
 */
export function scaledDown(image: Image, side: number): Image {
  const { pixels, channels } = image;
  const factor = Math.ceil(Math.max(image.width, image.height) / side);
  if (factor <= 1) return image;
  const width = Math.ceil(image.width / factor);
  const height = Math.ceil(image.height / factor);
  const scaled = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < channels; channel++) {
        const [right, bottom] = [Math.min((x + 1) * factor, image.width), Math.min((y + 1) * factor, image.height)];
        let sum = 0;
        for (let row = y * factor; row < bottom; row++)
          for (let column = x * factor; column < right; column++)
            sum += pixels[(row * image.width + column) * channels + channel] ?? 0;
        const count = (right - x * factor) * (bottom - y * factor);
        scaled[(y * width + x) * channels + channel] = Math.round(sum / count);
      }
  return { width, height, channels, pixels: scaled };
}
