import sharp from 'sharp';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Image } from './dataset.ts';

/** Properties of an image from its header, with the camera's orientation applied. */
export interface ImageHeader {
  readonly height: number;
  readonly width: number;
  readonly grey: boolean;
}

/** Reads the header of an image in any format that sharp knows. Throws StudioError('invalid_file') naming the file. */
export async function readImageHeader(path: string): Promise<ImageHeader> {
  try {
    const metadata = await sharp(path).metadata();
    return {
      height: metadata.autoOrient.height,
      width: metadata.autoOrient.width,
      grey: metadata.space === 'b-w' || metadata.space === 'grey16',
    };
  } catch (thrown) {
    throw unreadableImage(path, thrown);
  }
}

/**
 * Decodes an image to 8-bit grey (1 channel) or RGB (3): the camera's orientation applied, transparency dropped, the
 * first frame of an animation. Throws StudioError('invalid_file') naming the file.
 */
export async function decodeImage(path: string, channels: 1 | 3): Promise<Image> {
  try {
    const { data, info } = await sharp(path)
      .autoOrient()
      .removeAlpha()
      .toColorspace(channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const image = { pixels, height: info.height, width: info.width, channels: info.channels };
    if (info.channels === channels) return image;
    if (info.channels === 1) return { ...image, pixels: greyToRgb(pixels), channels: 3 };
    throw new Error(`it has ${info.channels} channels`);
  } catch (thrown) {
    throw unreadableImage(path, thrown);
  }
}

function greyToRgb(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let index = 0; index < grey.length; index++) rgb.fill(grey[index] ?? 0, index * 3, index * 3 + 3);
  return rgb;
}

function unreadableImage(path: string, thrown: unknown): StudioError {
  const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
  return new StudioError('invalid_file', `${path} is not a readable image: ${why}.`);
}
