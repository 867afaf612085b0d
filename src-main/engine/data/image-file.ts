import sharp from 'sharp';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Picture } from './dataset.ts';

/** What a picture file's header tells, the camera's orientation applied. */
export interface PictureHeader {
  readonly height: number;
  readonly width: number;
  readonly grey: boolean;
}

/** Reads the header of a picture in any format that sharp knows. Throws StudioError('invalid_file') naming the file. */
export async function readPictureHeader(path: string): Promise<PictureHeader> {
  try {
    const metadata = await sharp(path).metadata();
    return {
      height: metadata.autoOrient.height,
      width: metadata.autoOrient.width,
      grey: metadata.space === 'b-w' || metadata.space === 'grey16',
    };
  } catch (thrown) {
    throw unreadablePicture(path, thrown);
  }
}

/**
 * Decodes a picture to 8-bit grey (1 channel) or RGB (3): the camera's orientation applied, transparency dropped, the
 * first frame of an animation. Throws StudioError('invalid_file') naming the file.
 */
export async function decodePicture(path: string, channels: 1 | 3): Promise<Picture> {
  try {
    const { data, info } = await sharp(path)
      .autoOrient()
      .removeAlpha()
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const picture = { pixels, height: info.height, width: info.width, channels: info.channels };
    if (info.channels === channels) return picture;
    if (info.channels === 1) return { ...picture, pixels: greyToRgb(pixels), channels: 3 };
    throw new Error(`it has ${info.channels} channels`);
  } catch (thrown) {
    throw unreadablePicture(path, thrown);
  }
}

function greyToRgb(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let index = 0; index < grey.length; index++) rgb.fill(grey[index] ?? 0, index * 3, index * 3 + 3);
  return rgb;
}

function unreadablePicture(path: string, thrown: unknown): StudioError {
  const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
  return new StudioError('invalid_file', `${path} is not a readable picture: ${why}.`);
}
