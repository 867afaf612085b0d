import { join } from 'node:path';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import { fileLimits, readForeignText } from '../../files/foreign-file.ts';
import { unreadable } from './byte-source.ts';
import type { Image } from './dataset.ts';
import { type ResampleFilter, resample, resampleFilters } from './resample.ts';
import { toGrey } from './to-grey.ts';

const perChannel = z.union([z.number().transform((value) => [value]), z.array(z.number()).min(1)]);
/**
 * `preprocessor_config.json` with the defaults of transformers' ViTImageProcessor; `size` as number or height and
 * width.
 */
const configSchema = z.looseObject({
  do_resize: z.boolean().nullable().default(true),
  size: z
    .union([
      z
        .number()
        .int()
        .min(1)
        .transform((side) => ({ height: side, width: side })),
      z.object({ height: z.number().int().min(1), width: z.number().int().min(1) }),
    ])
    .optional(),
  resample: z.number().int().min(0).max(5).nullable().default(2),
  do_rescale: z.boolean().nullable().default(true),
  rescale_factor: z.number().default(1 / 255),
  do_normalize: z.boolean().nullable().default(true),
  image_mean: perChannel.nullable().default([0.5]),
  image_std: perChannel.nullable().default([0.5]),
  do_center_crop: z.literal(false).nullable().optional(),
});
type PreprocessorConfig = z.output<typeof configSchema>;

/** Turns a dataset's images into a model's `pixel_values`. */
export interface ImagePreprocessor {
  /** Format of `ImageSplit.pixels` of the dataset. */
  readonly source: { readonly height: number; readonly width: number; readonly channels: number };
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Bytes with the model's channels and size (channel last), to be cached. */
  fit(image: Image): Uint8Array;
  /** For each channel, the float value of each of the 256 bytes. */
  readonly tables: readonly Float32Array[];
  /** Fitted bytes to floats, rescaled and normalized, channel first, into `values` from `offset`. */
  write(fitted: Uint8Array, values: Float32Array, offset: number): void;
}

/**
 * Reads `preprocessor_config.json` of the model's folder (without one: ViTImageProcessor's defaults at the model's
 * size). Grey images are repeated for a model of three channels; RGB becomes grey by ITU-R 601 for a model of one, as
 * Pillow's `convert('L')` does. Throws StudioError if the config or the dataset does not fit the model.
 */
export async function createImagePreprocessor(
  modelDirectory: string,
  description: ModelDescription,
  dataset: Pick<DatasetDescription, 'image'>,
): Promise<ImagePreprocessor> {
  const path = join(modelDirectory, 'preprocessor_config.json');
  const { image } = description;
  if (image === null || dataset.image === null)
    throw new StudioError(
      'refused',
      image === null ? `The model in ${modelDirectory} takes no images.` : 'This dataset has no images.',
      'Choose an image model and an image dataset.',
    );
  if (image.channels !== 1 && image.channels !== 3)
    throw new StudioError('refused', `The model in ${modelDirectory} wants ${image.channels} channels, not 1 or 3.`);
  const config = await readConfig(path);
  const resize = config.do_resize !== false;
  const size = resize ? (config.size ?? image) : dataset.image;
  if (size.height !== image.height || size.width !== image.width)
    throw new StudioError(
      resize ? 'invalid_file' : 'refused',
      resize
        ? `${path} resizes to ${size.height} × ${size.width}, but the model takes ${image.height} × ${image.width}.`
        : `${path} does not resize, so the dataset's ${size.height} × ${size.width} images do not fit the model's ${image.height} × ${image.width}.`,
    );
  const filter = resampleFilters[config.resample ?? 2] ?? 'bilinear';
  const tables = byteTables(config, image.channels, path);
  return {
    source: dataset.image,
    ...image,
    tables,
    fit: (given) => fit(given, image, resize, filter),
    write: (fitted, values, offset) => write(fitted, tables, values, offset),
  };
}

async function readConfig(path: string): Promise<PreprocessorConfig> {
  const text = await readForeignText(path, fileLimits.config).catch((thrown: unknown) => {
    throw unreadable(path, thrown);
  });
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch (thrown) {
    throw new StudioError('invalid_file', `${path} is not JSON: ${thrown instanceof Error ? thrown.message : thrown}.`);
  }
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) throw new StudioError('invalid_file', `${path}: ${describeIssues(parsed.error)}.`);
  return parsed.data;
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

function fit(
  image: Image,
  target: { height: number; width: number; channels: number },
  resize: boolean,
  filter: ResampleFilter,
): Uint8Array {
  const recolored = image.channels === 3 && target.channels === 1 ? toGrey(image) : image;
  if (!resize && (image.height !== target.height || image.width !== target.width))
    throw new StudioError(
      'refused',
      `An image of ${image.height} × ${image.width} does not fit the model's ${target.height} × ${target.width}, and its preprocessor_config.json does not resize.`,
    );
  const sized = resample(recolored, target.height, target.width, filter);
  return sized.channels === target.channels ? sized.pixels : repeat(sized.pixels, target.channels);
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
