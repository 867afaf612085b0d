import { z } from 'zod';
import type { Activation } from '../../ops/activation/activate.ts';
import { readActivation } from '../activations.ts';
import { layerNumber, parseConfig, positiveInteger as size, sizeOfHead, unsupportedValue } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';

const towerKeys = {
  hidden_act: z.string().default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  num_hidden_layers: layerNumber.default(12),
};

/** Missing keys have the defaults of transformers, which are those of CLIP ViT-B/32. */
const schema = z.object({
  projection_dim: size.default(512),
  text_config: z
    .object({
      ...towerKeys,
      hidden_size: size.default(512),
      intermediate_size: size.default(2048),
      num_attention_heads: size.default(8),
      vocab_size: size.default(49_408),
      max_position_embeddings: size.default(77),
      eos_token_id: z.number().int().nullable().default(49_407),
    })
    .prefault({}),
  vision_config: z
    .object({
      ...towerKeys,
      hidden_size: size.default(768),
      intermediate_size: size.default(3072),
      num_attention_heads: size.default(12),
      image_size: size.default(224),
      patch_size: size.default(32),
      num_channels: size.default(3),
    })
    .prefault({}),
  architectures: z.array(z.string()).optional(),
});

export interface Tower {
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly activation: Activation;
  readonly epsilon: number;
}

export interface ClipConfig {
  readonly architecture: string;
  readonly projectionSize: number;
  readonly text: Tower & {
    readonly vocabularySize: number;
    readonly maxPositions: number;
    /** The token whose first occurrence represents the text; null: the one with the highest id. */
    readonly endToken: number | null;
  };
  readonly vision: Tower & {
    readonly image: { readonly height: number; readonly width: number; readonly channels: number };
    readonly patch: { readonly height: number; readonly width: number };
    /** Patches and the class token. */
    readonly tokens: number;
  };
}

/** End token in early configs, although their tokenizer uses another: the one with the highest id. */
const wrongEndToken = 2;

/** @throws StudioError that names the file and the key: invalid_file if missing or wrong, refused if not supported. */
export function parseClipConfig(file: ModelConfigFile): ClipConfig {
  const { text_config: text, vision_config: vision, ...keys } = parseConfig(file, schema, 'a CLIP');
  const patches = Math.floor(vision.image_size / vision.patch_size);
  if (patches < 1)
    throw unsupportedValue(
      file,
      'vision_config.patch_size',
      vision.patch_size,
      `up to image_size (${vision.image_size})`,
    );
  return {
    architecture: keys.architectures?.[0] ?? 'CLIPModel',
    projectionSize: keys.projection_dim,
    text: {
      ...towerOf(file, 'text_config', text),
      vocabularySize: text.vocab_size,
      maxPositions: text.max_position_embeddings,
      endToken: text.eos_token_id === wrongEndToken ? null : text.eos_token_id,
    },
    vision: {
      ...towerOf(file, 'vision_config', vision),
      image: { height: vision.image_size, width: vision.image_size, channels: vision.num_channels },
      patch: { height: vision.patch_size, width: vision.patch_size },
      tokens: patches * patches + 1,
    },
  };
}

interface TowerKeys {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly hidden_act: string;
  readonly layer_norm_eps: number;
}

function towerOf(file: ModelConfigFile, part: string, keys: TowerKeys): Tower {
  const { hidden_size: hiddenSize, num_attention_heads: heads } = keys;
  sizeOfHead(file, hiddenSize, heads, [`${part}.hidden_size`, `${part}.num_attention_heads`]);
  return {
    hiddenSize,
    innerSize: keys.intermediate_size,
    layerCount: keys.num_hidden_layers,
    heads,
    activation: readActivation(file, `${part}.hidden_act`, keys.hidden_act),
    epsilon: keys.layer_norm_eps,
  };
}
