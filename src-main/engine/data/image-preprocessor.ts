import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { Crop } from './augment.ts';
import type { Image } from './dataset.ts';
import {
  maxPixels,
  type PreprocessorConfig,
  preprocessorFile,
  type Rectangle,
  readPreprocessorConfig,
} from './preprocessor-config.ts';
import { type ResampleFilter, resample, resampleFilters } from './resample.ts';
import { toGrey } from './to-grey.ts';

/** Turns a dataset's images into a model's `pixel_values`. */
export interface ImagePreprocessor {
  /** Format of `ImageSplit.pixels` of the dataset. */
  readonly source: { readonly height: number; readonly width: number; readonly channels: number };
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Bytes with the model's channels and size (channel last), to be cached. */
  fit(image: Image): Uint8Array;
  /** Bytes of a part of an image, resized to the model's size with the filter of `fit`. */
  fitCrop(image: Image, crop: Crop): Uint8Array;
  /** For each channel, the float value of each of the 256 bytes. */
  readonly tables: readonly Float32Array[];
  /** Fitted bytes to floats, rescaled and normalized, channel first, into `values` from `offset`. */
  write(fitted: Uint8Array, values: Float32Array, offset: number): void;
}

/**
 * Reads `preprocessor_config.json` of the model's folder (without one: the defaults of its family's processor at the model's
 * size). Grey images are repeated for a model of three channels; RGB becomes grey by ITU-R 601 for a model of one, as
 * Pillow's `convert('L')` does. Throws StudioError if the config or the dataset does not fit the model.
 */
export async function createImagePreprocessor(
  modelDirectory: string,
  description: ModelDescription,
  dataset: Pick<DatasetDescription, 'image'>,
): Promise<ImagePreprocessor> {
  const path = join(modelDirectory, preprocessorFile);
  const { image } = description;
  if (image === null || dataset.image === null)
    throw new StudioError(
      'refused',
      image === null ? `The model in ${modelDirectory} takes no images.` : 'This dataset has no images.',
      'Choose an image model and an image dataset.',
    ).at('model');
  if (image.channels !== 1 && image.channels !== 3)
    throw new StudioError('refused', `The model in ${modelDirectory} wants ${image.channels} channels, not 1 or 3.`).at(
      'model',
    );
  const config = await readPreprocessorConfig(path, { ...image, architecture: description.architecture });
  const geometry = geometryOf(config, image, dataset.image, path);
  const tables = byteTables(config, image.channels, path);
  return {
    source: dataset.image,
    ...image,
    tables,
    fit: (given) => fit(given, image, geometry),
    fitCrop: (given, crop) => fitCrop(given, crop, image, geometry),
    write: (fitted, values, offset) => write(fitted, tables, values, offset),
  };
}

interface Geometry {
  /** The size that an image is resized to, before it is cropped to the model's; null: it is not resized. */
  readonly resized: ((image: Rectangle) => Rectangle) | null;
  readonly crops: boolean;
  readonly filter: ResampleFilter;
}

function geometryOf(config: PreprocessorConfig, model: Rectangle, dataset: Rectangle, path: string): Geometry {
  const resizes = config.do_resize !== false;
  const crops = config.do_center_crop === true;
  const filter = resampleFilters[config.resample ?? 2] ?? 'bilinear';
  const { size } = config;
  if (crops && config.crop_size && differs(config.crop_size, model))
    throw new StudioError(
      'invalid_file',
      `${path} crops to ${both(config.crop_size)}, but the model takes ${both(model)}.`,
    );
  if (!resizes) {
    if (crops || !differs(dataset, model)) return { resized: null, crops, filter };
    throw new StudioError(
      'refused',
      `${path} does not resize, so the dataset's ${both(dataset)} images do not fit the model's ${both(model)}.`,
    );
  }
  if (typeof size === 'number') {
    if (!crops)
      throw new StudioError(
        'invalid_file',
        `${path} resizes the shorter edge to ${size} and does not crop, but the model takes ${both(model)}.`,
        'Set do_center_crop to true in it, or size to height and width.',
      );
    if (size < Math.max(model.height, model.width))
      throw new StudioError(
        'invalid_file',
        `${path} resizes the shorter edge to ${size}, less than the ${both(model)} of the model.`,
      );
    return { resized: (image) => byShorterEdge(image, size), crops, filter };
  }
  const target = size ?? model;
  const isTooSmall = target.height < model.height || target.width < model.width;
  if (crops ? isTooSmall : differs(target, model))
    throw new StudioError('invalid_file', `${path} resizes to ${both(target)}, but the model takes ${both(model)}.`);
  return { resized: () => target, crops, filter };
}

/** Maximum ratio of an image's edges, so that resizing by the shorter one stays in memory. */
const maxAspectRatio = 1000;

/**
 * Follows transformers' `get_resize_output_image_size`: the longer edge is rounded down.
 * @throws StudioError refused for an image that is too narrow.
 */
function byShorterEdge({ height, width }: Rectangle, edge: number): Rectangle {
  if (Math.max(height, width) > maxAspectRatio * Math.min(height, width))
    throw new StudioError(
      'refused',
      `An image of ${both({ height, width })} is too narrow: its longer side is more than ${maxAspectRatio} times the shorter.`,
      'Leave it out of the dataset.',
    );
  const longer = (long: number, short: number) => Math.trunc((edge * long) / short);
  const resized =
    width <= height ? { height: longer(height, width), width: edge } : { height: edge, width: longer(width, height) };
  if (resized.height * resized.width > maxPixels)
    throw new StudioError(
      'refused',
      `An image of ${both({ height, width })} would be resized to ${both(resized)} pixels, which takes too much memory.`,
      'Leave it out of the dataset, or lower shortest_edge in preprocessor_config.json.',
    );
  return resized;
}

function differs(one: Rectangle, other: Rectangle): boolean {
  return one.height !== other.height || one.width !== other.width;
}

function both({ height, width }: Rectangle): string {
  return `${height} × ${width}`;
}

/** For each channel the float value of each byte: (byte · rescale_factor − mean) / std. */
function byteTables(config: PreprocessorConfig, channels: number, path: string): Float32Array[] {
  const factor = config.do_rescale === false ? 1 : config.rescale_factor;
  const normalize = config.do_normalize !== false;
  const mean = normalize ? (config.image_mean ?? [0.5]) : [0];
  const deviation = normalize ? (config.image_std ?? [0.5]) : [1];
  for (const [name, values] of [['image_mean', mean] as const, ['image_std', deviation] as const])
    if (values.length !== 1 && values.length !== channels)
      throw new StudioError(
        'invalid_file',
        `${path} has ${values.length} values of ${name} for a model of ${channels} channels.`,
      );
  if (deviation.includes(0)) throw new StudioError('invalid_file', `${path} has an image_std of 0.`);
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from(
      { length: 256 },
      (_, byte) => (byte * factor - (mean[channel] ?? mean[0] ?? 0)) / (deviation[channel] ?? deviation[0] ?? 1),
    ),
  );
}

function fit(image: Image, target: Rectangle & { readonly channels: number }, geometry: Geometry): Uint8Array {
  const { resized, crops, filter } = geometry;
  const recolored = image.channels === 3 && target.channels === 1 ? toGrey(image) : image;
  const isTooSmall = image.height < target.height || image.width < target.width;
  if (resized === null && (crops ? isTooSmall : differs(image, target)))
    throw new StudioError(
      'refused',
      `An image of ${both(image)} does not fit the model's ${both(target)}, and its preprocessor_config.json does not resize.`,
    );
  const size = resized?.(image) ?? image;
  const sized = resample(recolored, size.height, size.width, filter);
  const { channels, pixels } = crops ? centerCrop(sized, target.height, target.width) : sized;
  return channels === target.channels ? pixels : repeat(pixels, target.channels);
}

function fitCrop(
  image: Image,
  crop: Crop,
  target: Rectangle & { readonly channels: number },
  { filter }: Geometry,
): Uint8Array {
  const recolored = image.channels === 3 && target.channels === 1 ? toGrey(image) : image;
  const { channels, pixels } = resample(cut(recolored, crop), target.height, target.width, filter);
  return channels === target.channels ? pixels : repeat(pixels, target.channels);
}

function repeat(grey: Uint8Array, channels: number): Uint8Array {
  const result = new Uint8Array(grey.length * channels);
  for (let index = 0; index < result.length; index++) result[index] = grey[Math.floor(index / channels)] ?? 0;
  return result;
}

function write(fitted: Uint8Array, tables: readonly Float32Array[], values: Float32Array, offset: number): void {
  const channels = tables.length;
  const area = fitted.length / channels;
  for (const [channel, table] of tables.entries())
    for (let pixel = 0; pixel < area; pixel++)
      values[offset + channel * area + pixel] = table[fitted[pixel * channels + channel] ?? 0] ?? 0;
}

/** The middle `height` × `width` of an image that is no smaller, as transformers' `center_crop` cuts it. */
function centerCrop(image: Image, height: number, width: number): Image {
  if (image.height === height && image.width === width) return image;
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  return cut(image, { top, left, height, width });
}

function cut(image: Image, { top, left, height, width }: Crop): Image {
  const { channels } = image;
  const pixels = new Uint8Array(height * width * channels);
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * image.width + left) * channels;
    pixels.set(image.pixels.subarray(start, start + width * channels), row * width * channels);
  }
  return { pixels, height, width, channels };
}
