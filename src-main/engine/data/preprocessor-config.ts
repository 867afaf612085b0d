import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import { fileLimits, readForeignText } from '../../files/foreign-file.ts';
import { unreadable } from './byte-source.ts';

const perChannel = z.union([z.number().transform((value) => [value]), z.array(z.number()).min(1)]);
/** Pixels of an image that it is resized to, at most: 200 MB of three channels. */
export const maxPixels = 2 ** 26;
const longestSide = Math.sqrt(maxPixels);
const wholePixels = `a whole number of pixels from 1 to ${longestSide}`;
const error = `must be ${wholePixels}`;
const side = z.number({ error }).int({ error }).min(1, { error }).max(longestSide, { error });
// Strict: of a size that says both, Transformers knows neither.
const rectangle = z.strictObject({ height: side, width: side });
const shorterEdge = z.strictObject({ shortest_edge: side });

/** `preprocessor_config.json` with the defaults of transformers' ViTImageProcessor. */
const configSchema = z.object({
  do_resize: z.boolean().nullable().default(true),
  // Transformers' fast processors write null for what they do not use.
  size: z
    .union([side, rectangle, shorterEdge], {
      error: `must be a length, height and width, or shortest_edge alone, each ${wholePixels}`,
    })
    .nullish(),
  resample: z.number().int().min(0).max(5).nullable().default(2),
  do_center_crop: z.boolean().nullable().default(false),
  crop_size: z
    .union([side, rectangle], { error: `must be a length, or height and width, each ${wholePixels}` })
    .nullish(),
  do_rescale: z.boolean().nullable().default(true),
  rescale_factor: z.number().default(1 / 255),
  do_normalize: z.boolean().nullable().default(true),
  image_mean: perChannel.nullable().default([0.5]),
  image_std: perChannel.nullable().default([0.5]),
});

export interface PreprocessorConfig extends Omit<z.output<typeof configSchema>, 'size' | 'crop_size'> {
  /** Height and width of every image, or the length of the shorter edge, the other in proportion. Null: the model's size. */
  readonly size: Rectangle | number | null;
  /** Null: the model's size. */
  readonly crop_size: Rectangle | null;
}
export interface Rectangle {
  readonly height: number;
  readonly width: number;
}

/** Defaults of transformers' CLIPImageProcessor. A size in one number is that of the shorter edge. */
const clipDefaults = {
  resample: 3,
  do_center_crop: true,
  image_mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
  image_std: [0.268_629_54, 0.261_302_58, 0.275_777_11],
};
const nameOfProcessor = z.object({
  image_processor_type: z.string().nullish(),
  feature_extractor_type: z.string().nullish(),
});

/** @throws StudioError invalid_file that names the file, and the key if it is wrong. */
export async function readPreprocessorConfig(
  path: string,
  model: Rectangle & { readonly family: string },
): Promise<PreprocessorConfig> {
  const text = await readForeignText(path, fileLimits.config).catch((thrown: unknown) => {
    throw unreadable(path, thrown);
  });
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch (thrown) {
    throw new StudioError('invalid_file', `${path} is not JSON: ${thrown instanceof Error ? thrown.message : thrown}.`);
  }
  const isClip = usesClipProcessor(value, model.family);
  const given = isClip && typeof value === 'object' ? { ...clipDefaults, ...value } : value;
  const parsed = configSchema.safeParse(given);
  if (!parsed.success) throw new StudioError('invalid_file', `${path}: ${describeIssues(parsed.error)}.`);
  const { size, crop_size: crop, ...others } = parsed.data;
  return {
    ...others,
    size: sizeOf(size ?? (isClip ? Math.min(model.height, model.width) : undefined), isClip),
    crop_size: typeof crop === 'number' ? { height: crop, width: crop } : (crop ?? null),
  };
}

/** By the name of the processor; a file without one is of the model's family. */
function usesClipProcessor(value: unknown, family: string): boolean {
  const { image_processor_type, feature_extractor_type } = nameOfProcessor.safeParse(value).data ?? {};
  const name = image_processor_type ?? feature_extractor_type;
  return name == null ? family === 'clip' : name.includes('CLIP');
}

function sizeOf(
  size: number | Rectangle | { readonly shortest_edge: number } | undefined,
  isOfShorterEdge: boolean,
): PreprocessorConfig['size'] {
  if (size === undefined) return null;
  if (typeof size === 'number') return isOfShorterEdge ? size : { height: size, width: size };
  return 'shortest_edge' in size ? size.shortest_edge : size;
}
