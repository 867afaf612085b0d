import { StudioError } from '../../../src-shared/contract/errors.ts';
import { openRegularFile } from '../../files/foreign-file.ts';
import { ByteBudget } from './byte-budget.ts';
import type { Image } from './dataset.ts';

/** Beyond these an image of a few hundred kB would take gigabytes: 64 million pixels are 192 MB as RGB. */
const largestPixels = 64_000_000;
const decodeSeconds = 20;
/** All images that are decoded at a time, however many are asked for. */
const decoding = new ByteBudget(512 * 2 ** 20);

let library: Promise<typeof import('sharp').default> | undefined;

/** The decoder, loaded with the first image: it is large, and most starts of the app decode none. */
function loadSharp(): NonNullable<typeof library> {
  library ??= import('sharp').then(({ default: sharp }) => {
    // By content, whatever the file is called. SVG would be a program for a renderer; the other loaders are not meant either.
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({
      operation: ['Png', 'Jpeg', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((format) => `VipsForeignLoad${format}`),
    });
    return sharp;
  });
  return library;
}

/** Properties of an image from its header, with the camera's orientation applied. */
export interface ImageHeader {
  readonly height: number;
  readonly width: number;
  readonly grey: boolean;
}

/** Reads the header of a PNG, JPEG, WebP, GIF, TIFF or AVIF image. @throws StudioError invalid_file naming the file */
export async function readImageHeader(path: string): Promise<ImageHeader> {
  try {
    await (await openRegularFile(path)).close();
    const sharp = await loadSharp();
    const metadata = await sharp(path).metadata();
    const { height, width } = metadata.autoOrient;
    if (height * width > largestPixels)
      throw new StudioError(
        'invalid_file',
        `${path} has ${height} × ${width} pixels, and at most ${largestPixels / 1e6} million are read.`,
        'Scale it down.',
      );
    return { height, width, grey: metadata.space === 'b-w' || metadata.space === 'grey16' };
  } catch (thrown) {
    throw unreadableImage(path, thrown);
  }
}

/**
 * Decodes an image to 8-bit grey (1 channel) or RGB (3): the camera's orientation applied, transparency dropped, the
 * first frame of an animation. @throws StudioError invalid_file naming the file
 */
export async function decodeImage(path: string, channels: 1 | 3): Promise<Image> {
  const { height, width } = await readImageHeader(path);
  // Four bytes a pixel are in hand while an image of three channels is converted.
  return decoding.spend(height * width * 4, () => decode(path, channels));
}

async function decode(path: string, channels: 1 | 3): Promise<Image> {
  try {
    const sharp = await loadSharp();
    const { data, info } = await sharp(path, { limitInputPixels: largestPixels })
      .timeout({ seconds: decodeSeconds })
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

/**
 * As `decodeImage` in RGB, scaled down to at most `side` pixels on its longer side: to be looked at, not to be learned from.
 */
export async function decodePreview(path: string, side: number): Promise<Image> {
  const { height, width } = await readImageHeader(path);
  return decoding.spend(height * width * 4, async () => {
    try {
      const sharp = await loadSharp();
      const { data, info } = await sharp(path, { limitInputPixels: largestPixels })
        .timeout({ seconds: decodeSeconds })
        .autoOrient()
        .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
        .flatten({ background: '#ffffff' })
        .toColorspace('srgb')
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true });
      return { pixels: Uint8Array.from(data), height: info.height, width: info.width, channels: info.channels };
    } catch (thrown) {
      throw unreadableImage(path, thrown);
    }
  });
}

function greyToRgb(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let index = 0; index < grey.length; index++) rgb.fill(grey[index] ?? 0, index * 3, index * 3 + 3);
  return rgb;
}

function unreadableImage(path: string, thrown: unknown): StudioError {
  if (thrown instanceof StudioError) return thrown;
  const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
  return new StudioError('invalid_file', `${path} is not a readable image: ${why}.`);
}
