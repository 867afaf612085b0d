import type { Image } from './dataset.ts';

/** An RGB image in grey: ITU-R 601-2 luma in Pillow's fixed point: L = (19595 R + 38470 G + 7471 B + 32768) / 65536. */
export function toGrey({ pixels, height, width }: Image): Image {
  const grey = new Uint8Array(height * width);
  for (let index = 0; index < grey.length; index++) {
    const [red = 0, green = 0, blue = 0] = [pixels[index * 3], pixels[index * 3 + 1], pixels[index * 3 + 2]];
    grey[index] = (red * 19595 + green * 38470 + blue * 7471 + 32768) >> 16;
  }
  return { pixels: grey, height, width, channels: 1 };
}
