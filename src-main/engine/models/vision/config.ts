import { z } from 'zod';
import { readActivation } from '../activations.ts';
import {
  layerNumber,
  orderedLabels,
  parseConfig,
  positiveInteger as size,
  sizeOfHead,
  unsupportedValue,
} from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { patchGrid, type VisionLayout } from './layout.ts';

export { positiveInteger as size } from '../config-file.ts';

const sizeOrPair = z.union([size, z.tuple([size, size])]);

export const labelKeys = {
  architectures: z.array(z.string()).optional(),
  id2label: z.record(z.string(), z.string()).optional(),
};

/**
 * Keys of config.json that all vision transformers have. Keys that every published config has are required; the rest has
 * the defaults of transformers' ViTConfig.
 */
export const encoderKeys = {
  ...labelKeys,
  hidden_size: size,
  num_hidden_layers: layerNumber,
  num_attention_heads: size,
  image_size: sizeOrPair,
  patch_size: sizeOrPair,
  num_channels: size.default(3),
  hidden_act: z.string().default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-12),
};

export const registerCount = z.number().int().min(0).max(1024);

export const classToken = { name: 'embeddings.cls_token', count: 1 } as const;

/** Registers, which follow the class token. */
export function registers(count: number): VisionLayout['leading'] {
  return count === 0 ? [] : [{ name: 'embeddings.register_tokens', count }];
}

/** Parts of a layer besides its linears, in DINOv2 and DINOv3. */
export const dinoLayer = {
  before: { name: 'norm1' },
  after: { name: 'norm2' },
  scales: { attention: 'layer_scale1.lambda1', feedForward: 'layer_scale2.lambda1' },
};

/** Keys that are true or false by default. */
export const [on, off] = [z.boolean().default(true), z.boolean().default(false)];

const towerAlone = z.object({ model_type: z.string().endsWith('_vision_model') });

/**
 * Reads the keys of an encoder from `vision_config`, or from the top if the model is the vision tower alone.
 * @param whole the whole config, with the tower's keys in `vision_config`
 * @returns the keys, and the path of their object with its dot
 * @throws StudioError invalid_file that names the file and the key
 */
export function readTower<Config>(
  file: ModelConfigFile,
  tower: z.ZodType<Config>,
  whole: z.ZodType<{ vision_config: Config }>,
  label: string,
) {
  if (towerAlone.safeParse(file.value).success) return { config: parseConfig(file, tower, label), part: '' };
  return { config: parseConfig(file, whole, label).vision_config, part: 'vision_config.' };
}

type EncoderConfig = z.infer<z.ZodObject<typeof encoderKeys>>;
type LabelConfig = z.infer<z.ZodObject<typeof labelKeys>>;

/**
 * Parts of a layout that all families read in the same way.
 * @param part key of the object that holds the encoder's keys, with its dot; empty: config.json itself
 * @param headMultiple number of which the size of a head is a multiple
 * @throws StudioError that names the file and the key: invalid_file if wrong, refused if not supported
 */
export function commonLayout(file: ModelConfigFile, config: EncoderConfig & LabelConfig, part = '', headMultiple = 1) {
  const { hidden_size: hiddenSize, num_attention_heads: heads, id2label } = config;
  const headSize = sizeOfHead(file, hiddenSize, heads, [`${part}hidden_size`, `${part}num_attention_heads`]);
  if (headSize % headMultiple !== 0)
    throw unsupportedValue(file, `${part}num_attention_heads`, heads, `heads of a multiple of ${headMultiple} values`);
  const [height, width] = pair(config.image_size);
  const [patchHeight, patchWidth] = pair(config.patch_size);
  const patch = { height: patchHeight, width: patchWidth };
  const grid = patchGrid({ patch }, { height, width });
  if (grid.height < 1 || grid.width < 1)
    throw unsupportedValue(file, `${part}patch_size`, config.patch_size, `up to image_size (${config.image_size})`);
  return {
    hiddenSize,
    heads,
    layerCount: config.num_hidden_layers,
    epsilon: config.layer_norm_eps,
    activation: readActivation(file, `${part}hidden_act`, config.hidden_act),
    image: { height, width, channels: config.num_channels },
    patch,
    labels: id2label === undefined ? null : orderedLabels(file, id2label),
  } satisfies Partial<VisionLayout>;
}

function pair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}
