import { readFile } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { openRegularFile } from '../../files/foreign-file.ts';
import { type BmpHeader, bmpHeaderBytes, decodeBmp, isBmp, readBmpHeader } from './bmp-file.ts';
import { ByteBudget } from './byte-budget.ts';
import { firstLine } from './byte-source.ts';
import { cmykToRgb } from './cmyk.ts';
import type { Image } from './dataset.ts';
import { toGrey } from './to-grey.ts';

/** Beyond these an image of a few hundred kB would take gigabytes: 64 million pixels are 192 MB as RGB. */
const largestPixels = 64_000_000;
/** The longest side that JPEG has. */
const largestSide = 65_535;
/** Packed texts before the pixels of a PNG unpack to a thousand times as many bytes. */
const largestTextBytes = 2 ** 18;
const mostChunks = 2000;
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

/** An image's file, by its path or by its bytes, whose place is for messages. */
export type ImageSource = string | { readonly where: string; readonly bytes: Buffer };

const placeOf = (source: ImageSource): string => (typeof source === 'string' ? source : source.where);
const inputOf = (source: ImageSource): string | Buffer => (typeof source === 'string' ? source : source.bytes);

/** Properties of an image from its header, with the camera's orientation applied. */
export interface ImageHeader {
  readonly height: number;
  readonly width: number;
  readonly grey: boolean;
  /** Header of a Windows bitmap, which the library does not read. */
  readonly bitmap?: BmpHeader;
  readonly isCmyk?: boolean;
  /** Grey alone, with 16 bits a pixel. */
  readonly isDeepGrey?: boolean;
}

/** Reads the header of a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP image. @throws StudioError invalid_file naming the file */
export async function readImageHeader(source: ImageSource): Promise<ImageHeader> {
  try {
    const head = await headOf(source);
    const bitmap = isBmp(head) ? readBmpHeader(head) : null;
    const sharp = await loadSharp();
    const metadata = bitmap === null ? await sharp(inputOf(source)).metadata() : null;
    const { height, width } = metadata?.autoOrient ?? bitmap ?? { height: 0, width: 0 };
    if (height * width > largestPixels)
      throw new StudioError(
        'invalid_file',
        `${placeOf(source)} has ${height} × ${width} pixels, and at most ${largestPixels / 1e6} million are read.`,
        'Scale it down.',
      );
    if (Math.max(height, width) > largestSide)
      throw new StudioError(
        'invalid_file',
        `${placeOf(source)} has ${height} × ${width} pixels, and sides of at most ${largestSide} are read.`,
        'Scale it down.',
      );
    if (bitmap !== null) return { height, width, grey: bitmap.grey, bitmap };
    const space = metadata?.space;
    const isDeepGrey = space === 'grey16' && metadata?.hasAlpha === false;
    return { height, width, grey: space === 'b-w' || space === 'grey16', isCmyk: space === 'cmyk', isDeepGrey };
  } catch (thrown) {
    throw unreadableImage(source, thrown);
  }
}

/**
 * Decodes an image to 8-bit grey (1 channel) or RGB (3), by default as its header says: the camera's orientation applied,
 * transparency dropped, the first frame of an animation. @throws StudioError invalid_file naming the file
 */
export async function decodeImage(source: ImageSource, channels?: 1 | 3): Promise<Image> {
  const header = await readImageHeader(source);
  const wanted = channels ?? (header.grey ? 1 : 3);
  if (header.bitmap !== undefined || header.isCmyk === true) {
    const rgb = await (header.bitmap === undefined
      ? decode(source, header, undefined, readCmyk)
      : readBitmap(source, header.bitmap));
    return wanted === 1 ? toGrey(rgb) : rgb;
  }
  return decode(source, header, undefined, async (opened) => {
    const image =
      header.isDeepGrey === true
        ? await readDeepGrey(opened)
        : await readPixels(opened.removeAlpha().toColorspace(wanted === 1 ? 'b-w' : 'srgb'));
    if (image.channels === wanted) return image;
    if (image.channels === 1) return { ...image, pixels: greyToRgb(image.pixels), channels: 3 };
    throw new Error(`it has ${image.channels} channels`);
  });
}

/** Decodes an RGB preview, scaled down to at most `side` pixels on its longer side; not for training. */
export async function decodePreview(path: string, side: number): Promise<{ header: ImageHeader; preview: Image }> {
  const header = await readImageHeader(path);
  const bitmap = header.bitmap === undefined ? undefined : await readBitmap(path, header.bitmap);
  const preview = await decode(path, header, bitmap, (opened) =>
    readPixels(
      opened
        .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
        .flatten({ background: '#ffffff' })
        .toColorspace('srgb'),
    ),
  );
  return { header, preview };
}

/** Opens an image, turned as the camera was held, once there is memory for it. */
function decode(
  image: ImageSource,
  { height, width }: ImageHeader,
  bitmap: Image | undefined,
  read: (opened: Sharp) => Promise<Image>,
): Promise<Image> {
  // Four bytes a pixel are in hand while an image of three channels is converted.
  return decoding.spend(height * width * 4, async () => {
    try {
      const sharp = await loadSharp();
      const source =
        bitmap === undefined
          ? sharp(inputOf(image), { limitInputPixels: largestPixels })
          : sharp(bitmap.pixels, { raw: { width, height, channels: 3 } });
      return await read(source.timeout({ seconds: decodeSeconds }).autoOrient());
    } catch (thrown) {
      throw unreadableImage(image, thrown);
    }
  });
}

function readBitmap(source: ImageSource, bitmap: BmpHeader): Promise<Image> {
  return decoding.spend(bitmap.height * bitmap.width * 8, async () => {
    try {
      return decodeBmp(typeof source === 'string' ? await readFile(source) : source.bytes, bitmap);
    } catch (thrown) {
      throw unreadableImage(source, thrown);
    }
  });
}

/** The inks as they are stored: a profile would make other colors of them than Pillow. */
async function readCmyk(opened: Sharp): Promise<Image> {
  const image = await readPixels(opened.pipelineColorspace('cmyk').toColorspace('cmyk'));
  return { ...image, pixels: cmykToRgb(image.pixels), channels: 3 };
}

/** The library's values are the machine's. */
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Converts 16 bits to 8 like Pillow: values above 255 become white. Scans with larger values should be saved with 8
 * bits.
 */
async function readDeepGrey(opened: Sharp): Promise<Image> {
  const { data, info } = await opened
    .toColorspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const pixels = Uint8Array.from({ length: data.byteLength / 2 }, (_, at) =>
    Math.min(view.getUint16(2 * at, littleEndian), 255),
  );
  return { pixels, height: info.height, width: info.width, channels: 1 };
}

/** The first bytes. @throws StudioError where it is no regular file */
async function headOf(source: ImageSource): Promise<Buffer> {
  if (typeof source !== 'string') {
    await refuseTexts(async (at, size) => source.bytes.subarray(at, at + size));
    return source.bytes.subarray(0, bmpHeaderBytes);
  }
  const file = await openRegularFile(source);
  try {
    const read = async (at: number, size: number): Promise<Buffer> => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, at);
      return buffer.subarray(0, bytesRead);
    };
    const head = await read(0, bmpHeaderBytes);
    await refuseTexts((at, size) =>
      at + size <= head.length ? Promise.resolve(head.subarray(at, at + size)) : read(at, size),
    );
    return head;
  } finally {
    await file.close();
  }
}

/** Refuses a PNG with long packed texts before its pixels: the library unpacks them, although nobody reads them. */
async function refuseTexts(read: (at: number, size: number) => Promise<Buffer>): Promise<void> {
  if ((await read(0, 8)).toString('latin1') !== '\x89PNG\r\n\x1a\n') return;
  let bytes = 0;
  for (let at = 8, chunks = 0; ; chunks++) {
    // A keyword has at most 79 characters; behind it iTXt has a flag for a packed text.
    const start = await read(at, 8 + 82);
    if (start.length < 8) return;
    const [size, kind] = [start.readUInt32BE(0), start.toString('latin1', 4, 8)];
    if (kind === 'IDAT') return;
    if (kind === 'zTXt' || (kind === 'iTXt' && start[start.indexOf(0, 8) + 1] === 1)) bytes += size;
    if (bytes > largestTextBytes || chunks > mostChunks)
      throw new Error('it has more packed texts before its pixels than are read; save it again without them');
    at += 12 + size;
  }
}

async function readPixels(image: Sharp): Promise<Image> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { pixels, height: info.height, width: info.width, channels: info.channels };
}

function greyToRgb(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let index = 0; index < grey.length; index++) rgb.fill(grey[index] ?? 0, index * 3, index * 3 + 3);
  return rgb;
}

function unreadableImage(source: ImageSource, thrown: unknown): StudioError {
  if (thrown instanceof StudioError) return thrown;
  return new StudioError('invalid_file', `${placeOf(source)} is not a readable image: ${firstLine(thrown)}.`);
}
