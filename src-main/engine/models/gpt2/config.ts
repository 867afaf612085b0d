import { z } from 'zod';
import { layerNumber, parseConfig, positiveInteger, sizeOfHead, unsupportedValue } from '../config-file.ts';
import { type OwnHead, ownHead } from '../decoder/own-head.ts';
import type { ModelConfigFile } from '../family.ts';

const schema = z.object({
  n_embd: positiveInteger,
  n_layer: layerNumber,
  n_head: positiveInteger,
  n_inner: positiveInteger.optional(),
  n_positions: positiveInteger.default(1024),
  vocab_size: positiveInteger,
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: z.string().default('gelu_new'),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
  architectures: z.array(z.string()).optional(),
  is_causal: z.boolean().default(true),
});

export interface Gpt2Config {
  readonly architecture: string;
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly layerCount: number;
  readonly heads: number;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  readonly epsilon: number;
  readonly activation: 'gelu' | 'gelu_tanh';
  readonly isTied: boolean;
  /** A checkpoint without a head is read as the language model whose head is the table of tokens. */
  readonly classifier: Exclude<OwnHead, string> | null;
}

const activations = new Map<string, Gpt2Config['activation']>([
  ['gelu', 'gelu'],
  ['gelu_new', 'gelu_tanh'],
  ['gelu_pytorch_tanh', 'gelu_tanh'],
]);

/** @throws StudioError that names the file and the key: invalid_file if missing or wrong, refused if not supported. */
export function parseGpt2Config(file: ModelConfigFile): Gpt2Config {
  const keys = parseConfig(file, schema, 'a GPT-2');
  const activation = activations.get(keys.activation_function);
  if (activation === undefined)
    throw unsupportedValue(file, 'activation_function', keys.activation_function, [...activations.keys()].join(', '));
  for (const [key, wanted] of [
    ['scale_attn_weights', true],
    ['scale_attn_by_inverse_layer_idx', false],
    ['add_cross_attention', false],
    ['is_causal', true],
  ] as const)
    if (keys[key] !== wanted) throw unsupportedValue(file, key, keys[key], String(wanted));
  sizeOfHead(file, keys.n_embd, keys.n_head, ['n_embd', 'n_head']);
  const { architectures: [architecture = 'GPT2LMHeadModel'] = [] } = keys;
  const head = ownHead(file, architecture, { width: keys.n_embd, tokenHead: 'classifier' });
  return {
    architecture,
    classifier: typeof head === 'string' ? null : head,
    hiddenSize: keys.n_embd,
    innerSize: keys.n_inner ?? 4 * keys.n_embd,
    layerCount: keys.n_layer,
    heads: keys.n_head,
    vocabularySize: keys.vocab_size,
    maxPositions: keys.n_positions,
    epsilon: keys.layer_norm_epsilon,
    activation,
    isTied: keys.tie_word_embeddings,
  };
}
