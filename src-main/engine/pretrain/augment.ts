import type { Augmentation } from '../../../src-shared/domain/runs/pretrain.ts';
import type { RandomStream } from '../../../src-shared/random.ts';
import type { Image } from '../data/dataset.ts';

/** Augmentation of an image: mirrored, then rotated and scaled about its center, then shifted. */
export interface ImageChange {
  readonly isMirrored: boolean;
  /** Clockwise. */
  readonly radians: number;
  readonly scale: number;
  /** In pixels, to the right and down. */
  readonly shift: readonly [number, number];
}

/** Draws the augmentation of one image of height × width, with a constant number of draws. */
export function drawChange(
  { rotation_radians: rotation, scale: [low, high], shift, horizontal_flip: mirrors }: Augmentation,
  { height, width }: { readonly height: number; readonly width: number },
  random: RandomStream,
): ImageChange {
  const either = (most: number) => most * (2 * random.uniform() - 1);
  const radians = either(rotation);
  const scale = low + (high - low) * random.uniform();
  const moved = [either(shift * width), either(shift * height)] as const;
  return { isMirrored: random.uniform() < 0.5 && mirrors, radians, scale, shift: moved };
}

/** Applies it to the bytes of an image of the same size: bilinear, 0 outside the image. */
export function changed({ pixels, height, width, channels }: Image, change: ImageChange): Uint8Array {
  const result = new Uint8Array(pixels.length);
  // Maps each target pixel back to its source.
  const cosine = Math.cos(change.radians) / change.scale;
  const sine = Math.sin(change.radians) / change.scale;
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const [shiftX, shiftY] = change.shift;
  for (let y = 0; y < height; y++) {
    const fromMiddleY = y - middleY - shiftY;
    for (let x = 0; x < width; x++) {
      const fromMiddleX = x - middleX - shiftX;
      const turnedX = cosine * fromMiddleX + sine * fromMiddleY;
      const sourceX = middleX + (change.isMirrored ? -turnedX : turnedX);
      const sourceY = middleY + cosine * fromMiddleY - sine * fromMiddleX;
      const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
      if (left < -1 || top < -1 || left >= width || top >= height) continue;
      const [toRight, toBottom] = [sourceX - left, sourceY - top];
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let corner = 0; corner < 4; corner++) {
          const [column, row] = [left + (corner & 1), top + (corner >> 1)];
          if (column < 0 || row < 0 || column >= width || row >= height) continue;
          const share = (corner & 1 ? toRight : 1 - toRight) * (corner >> 1 ? toBottom : 1 - toBottom);
          sum += share * (pixels[(row * width + column) * channels + channel] ?? 0);
        }
        result[(y * width + x) * channels + channel] = Math.round(sum);
      }
    }
  }
  return result;
}
