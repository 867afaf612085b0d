import type { Augmentation } from '../../../src-shared/domain/runs/augmentation.ts';
import type { RandomStream } from '../../../src-shared/random.ts';
import type { Image } from './dataset.ts';
import type { Rectangle } from './preprocessor-config.ts';

/** Augmentation of the rows of a batch. */
export interface AugmentedRows {
  readonly augmentation: Augmentation;
  /** Returns the random stream of a row by its position in the batch; called in the order of the rows. */
  random(position: number): RandomStream;
}

/** Returns true if the augmentation crops. */
export function cropsImages({ crop: [smallest] }: Augmentation): boolean {
  return smallest < 1;
}

/** Part of an image that is kept. */
export interface Crop extends Rectangle {
  readonly top: number;
  readonly left: number;
}

/** Aspect ratios of crops, and attempts to find one within the image, as in torchvision's RandomResizedCrop. */
const [narrowest, widest] = [3 / 4, 4 / 3];
const attempts = 10;

/**
 * Draws a crop of an image as torchvision's RandomResizedCrop.get_params does: a share of the area, and an aspect ratio
 * that is uniform in its logarithm. If no attempt fits into the image, its middle is kept.
 */
export function drawCrop({ crop: [low, high] }: Augmentation, image: Rectangle, random: RandomStream): Crop {
  const { height, width } = image;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = height * width * (low + (high - low) * random.uniform());
    const [from, to] = [Math.log(narrowest), Math.log(widest)];
    const ratio = Math.exp(from + (to - from) * random.uniform());
    const cut = { width: Math.round(Math.sqrt(area * ratio)), height: Math.round(Math.sqrt(area / ratio)) };
    if (cut.width < 1 || cut.height < 1 || cut.width > width || cut.height > height) continue;
    return { ...cut, top: random.integer(height - cut.height + 1), left: random.integer(width - cut.width + 1) };
  }
  const cut = { height, width };
  if (width / height < narrowest) cut.height = Math.round(width / narrowest);
  else if (width / height > widest) cut.width = Math.round(height * widest);
  return { ...cut, top: Math.floor((height - cut.height) / 2), left: Math.floor((width - cut.width) / 2) };
}

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
  const [shiftX, shiftY] = change.shift;
  if (change.radians === 0 && change.scale === 1 && shiftX === 0 && shiftY === 0)
    return change.isMirrored ? mirrored(pixels, width, channels) : Uint8Array.from(pixels);
  const result = new Uint8Array(pixels.length);
  // Maps each target pixel back to its source.
  const cosine = Math.cos(change.radians) / change.scale;
  const sine = Math.sin(change.radians) / change.scale;
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
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

function mirrored(pixels: Uint8Array, width: number, channels: number): Uint8Array {
  const result = new Uint8Array(pixels.length);
  const row = width * channels;
  for (let start = 0; start < pixels.length; start += row)
    for (let x = 0; x < row; x += channels)
      result.set(pixels.subarray(start + x, start + x + channels), start + row - channels - x);
  return result;
}
