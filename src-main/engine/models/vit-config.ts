import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelConfigFile } from './family.ts';

const size = z.number().int().positive();
const sizeOrPair = z.union([size, z.tuple([size, size])]);

/** config.json of a ViT. What every published config states is required; the rest has the defaults of transformers' ViTConfig. */
const vitConfigSchema = z.object({
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  intermediate_size: size,
  image_size: sizeOrPair,
  patch_size: sizeOrPair,
  num_channels: size.default(3),
  hidden_act: z.string().default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-12),
  qkv_bias: z.boolean().default(true),
  architectures: z.array(z.string()).nullable().default(null),
  id2label: z.record(z.string(), z.string()).nullable().default(null),
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
  /** In the order of their ids; null where the config names none. */
  readonly labels: readonly string[] | null;
}

/** Throws StudioError('invalid_file') that names the file and the key. */
export function parseVitConfig(file: ModelConfigFile): VitConfig {
  const checked = vitConfigSchema.safeParse(file.value);
  if (!checked.success) throw refusal(file, checked.error);
  const config = checked.data;
  if (config.hidden_act !== 'gelu')
    throw new StudioError(
      'invalid_file',
      `${file.path}: hidden_act is "${config.hidden_act}", but only "gelu" is supported for ViT.`,
    );
  if (config.hidden_size % config.num_attention_heads !== 0)
    throw new StudioError(
      'invalid_file',
      `${file.path}: hidden_size ${config.hidden_size} cannot be divided among ${config.num_attention_heads} heads.`,
    );
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
    labels: config.id2label === null ? null : orderedLabels(file, config.id2label),
  };
}

function refusal(file: ModelConfigFile, error: z.ZodError): StudioError {
  const [issue] = error.issues;
  const key = issue?.path.join('.') ?? '';
  const isMissing =
    typeof file.value === 'object' &&
    file.value !== null &&
    issue?.path.length === 1 &&
    !Object.hasOwn(file.value, key);
  return new StudioError(
    'invalid_file',
    isMissing
      ? `${file.path} lacks the key "${key}".`
      : `${file.path}: ${key}: ${issue?.message ?? 'not a ViT config'}.`,
    'It is not the complete config.json of a ViT.',
  );
}

/** id2label has the ids as text, in any order: 0 … n − 1, none missing. */
function orderedLabels(file: ModelConfigFile, id2label: Readonly<Record<string, string>>): string[] {
  const byId = new Map(Object.entries(id2label));
  return Array.from({ length: byId.size }, (_, id) => {
    const label = byId.get(String(id));
    if (label === undefined)
      throw new StudioError('invalid_file', `${file.path}: id2label names no label for id ${id}.`);
    return label;
  });
}

function pair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}
