import { z } from 'zod';
import { layerNumber, parseConfig, positiveInteger as size, sizeOfHead, unsupportedValue } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';

/** config.json as the studio writes it when it converts the package. */
const schema = z.object({
  vocab_size: size,
  embedding_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: layerNumber,
  num_attention_heads: size,
  max_position_embeddings: size,
  layer_norm_eps: z.number().positive().default(1e-6),
});

export interface UseLiteConfig {
  readonly vocabularySize: number;
  /** Width of what goes into the first layer. */
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly maxPositions: number;
  readonly epsilon: number;
}

/** @throws StudioError invalid_file that names the file and the key. */
export function parseUseLiteConfig(file: ModelConfigFile): UseLiteConfig {
  const keys = parseConfig(file, schema, 'a Universal Sentence Encoder Lite');
  sizeOfHead(file, keys.hidden_size, keys.num_attention_heads);
  sizeOfHead(file, keys.embedding_size, keys.num_attention_heads, ['embedding_size', 'num_attention_heads']);
  if (keys.embedding_size % 2 !== 0)
    throw unsupportedValue(file, 'embedding_size', keys.embedding_size, 'an even number');
  return {
    vocabularySize: keys.vocab_size,
    embeddingSize: keys.embedding_size,
    hiddenSize: keys.hidden_size,
    innerSize: keys.intermediate_size,
    layerCount: keys.num_hidden_layers,
    heads: keys.num_attention_heads,
    maxPositions: keys.max_position_embeddings,
    epsilon: keys.layer_norm_eps,
  };
}
