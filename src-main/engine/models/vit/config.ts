import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { layerNumber, orderedLabels, parseConfig, positiveInteger as size, sizeOfHead } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';

const sizeOrPair = z.union([size, z.tuple([size, size])]);

/**
 * config.json of a ViT. Keys that every published config has are required; the rest has the defaults of transformers'
 * ViTConfig.
 */
const vitConfigSchema = z.object({
  hidden_size: size,
  num_hidden_layers: layerNumber,
  num_attention_heads: size,
  intermediate_size: size,
  image_size: sizeOrPair,
  patch_size: sizeOrPair,
  num_channels: size.default(3),
  hidden_act: z.string().default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-12),
  qkv_bias: z.boolean().default(true),
  architectures: z.array(z.string()).optional(),
  id2label: z.record(z.string(), z.string()).optional(),
});

export interface VitConfig {
  readonly hiddenSize: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly image: { readonly height: number; readonly width: number; readonly channels: number };
  readonly patch: { readonly height: number; readonly width: number };
  /** Patches and the class token. */
  readonly tokens: number;
  readonly epsilon: number;
  readonly qkvBias: boolean;
  readonly architecture: string;
  /** In the order of their ids; null if the config has none. */
  readonly labels: readonly string[] | null;
}

/** Throws StudioError('invalid_file') that names the file and the key. */
export function parseVitConfig(file: ModelConfigFile): VitConfig {
  const config = parseConfig(file, vitConfigSchema, 'a ViT');
  if (config.hidden_act !== 'gelu')
    throw new StudioError(
      'invalid_file',
      `${file.path}: hidden_act is "${config.hidden_act}", but only "gelu" is supported for ViT.`,
    );
  sizeOfHead(file, config.hidden_size, config.num_attention_heads);
  const [imageHeight, imageWidth] = pair(config.image_size);
  const [patchHeight, patchWidth] = pair(config.patch_size);
  return {
    hiddenSize: config.hidden_size,
    layerCount: config.num_hidden_layers,
    heads: config.num_attention_heads,
    intermediateSize: config.intermediate_size,
    image: { height: imageHeight, width: imageWidth, channels: config.num_channels },
    patch: { height: patchHeight, width: patchWidth },
    tokens: Math.floor(imageHeight / patchHeight) * Math.floor(imageWidth / patchWidth) + 1,
    epsilon: config.layer_norm_eps,
    qkvBias: config.qkv_bias,
    architecture: config.architectures?.[0] ?? 'ViTForImageClassification',
    labels: config.id2label === undefined ? null : orderedLabels(file, config.id2label),
  };
}

function pair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}
