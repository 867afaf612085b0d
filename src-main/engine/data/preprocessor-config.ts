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

/** Name of the file in a model's folder. */
export const preprocessorFile = 'preprocessor_config.json';

/** A processor of transformers whose defaults differ from those of ViTImageProcessor. */
interface Processor {
  /** Part of the names of the processor and of the models that use it. */
  readonly name: RegExp;
  readonly defaults: Readonly<Record<string, unknown>>;
  /** True if a size in one number is that of the shorter edge. */
  readonly sizesShorterEdge?: boolean;
}

const clipDefaults = {
  resample: 3,
  do_center_crop: true,
  image_mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
  image_std: [0.268_629_54, 0.261_302_58, 0.275_777_11],
};
const processors: readonly Processor[] = [
  { name: /CLIP/, defaults: clipDefaults, sizesShorterEdge: true },
  { name: /^(Bit|Dinov2)/, defaults: clipDefaults, sizesShorterEdge: true },
  { name: /^DeiT/, defaults: { resample: 3, do_center_crop: true, size: 256 } },
  { name: /^Siglip/, defaults: { resample: 3 } },
  {
    name: /^DINOv3/,
    defaults: { resample: 2, image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] },
  },
];
const nameOfProcessor = z.object({
  image_processor_type: z.string().nullish(),
  feature_extractor_type: z.string().nullish(),
});

/** @throws StudioError invalid_file that names the file, and the key if it is wrong. */
export async function readPreprocessorConfig(
  path: string,
  model: Rectangle & { readonly architecture: string },
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
  const { defaults = {}, sizesShorterEdge = false } = processorOf(value, model.architecture) ?? {};
  const own = z.record(z.string(), z.unknown()).safeParse(value);
  const given = own.success ? { ...defaults, ...own.data } : value;
  const parsed = configSchema.safeParse(given);
  if (!parsed.success) throw new StudioError('invalid_file', `${path}: ${describeIssues(parsed.error)}.`);
  const { size, crop_size: crop, ...others } = parsed.data;
  return {
    ...others,
    size: sizeOf(size ?? (sizesShorterEdge ? Math.min(model.height, model.width) : undefined), sizesShorterEdge),
    crop_size: typeof crop === 'number' ? { height: crop, width: crop } : (crop ?? null),
  };
}

/** Size of the images that the config makes; null: it follows from the model or the image. */
export function preparedSize({ do_center_crop, do_resize, crop_size, size }: PreprocessorConfig): Rectangle | null {
  const resized = do_resize !== false && typeof size === 'object' ? size : null;
  return do_center_crop === true ? (crop_size ?? resized) : resized;
}

/** By the name of the processor; a file without one is of the model's class. */
function processorOf(value: unknown, architecture: string): Processor | undefined {
  const { image_processor_type, feature_extractor_type } = nameOfProcessor.safeParse(value).data ?? {};
  const given = image_processor_type ?? feature_extractor_type ?? architecture;
  return processors.find(({ name }) => name.test(given));
}

function sizeOf(
  size: number | Rectangle | { readonly shortest_edge: number } | undefined,
  isOfShorterEdge: boolean,
): PreprocessorConfig['size'] {
  if (size === undefined) return null;
  if (typeof size === 'number') return isOfShorterEdge ? size : { height: size, width: size };
  return 'shortest_edge' in size ? size.shortest_edge : size;
}
