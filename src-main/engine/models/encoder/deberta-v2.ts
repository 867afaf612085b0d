import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { parseConfig, positiveInteger, unsupportedValue } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { commonPlan, encoderKeys } from './config.ts';
import { encoderFamily } from './family.ts';
import { type EncoderPlan, numberedLayers } from './plan.ts';
import type { RelativePositions } from './relative-positions.ts';

const textOrList = z.union([z.string().transform((text) => text.toLowerCase().split('|')), z.array(z.string())]);

const schema = z.object({
  ...encoderKeys,
  layer_norm_eps: z.number().positive().default(1e-7),
  type_vocab_size: z.number().int().nonnegative().max(1024).default(0),
  embedding_size: positiveInteger.optional(),
  relative_attention: z.boolean().default(false),
  max_relative_positions: z
    .number()
    .int()
    .max(2 ** 24)
    .default(-1),
  position_buckets: z
    .number()
    .int()
    .max(2 ** 24)
    .default(-1),
  pos_att_type: textOrList.default([]),
  position_biased_input: z.boolean().default(true),
  share_att_key: z.boolean().default(false),
  norm_rel_ebd: z.string().default('none'),
  conv_kernel_size: z.number().int().default(0),
  attention_head_size: z.number().int().optional(),
  pooler_hidden_act: z.string().default('gelu'),
  pooler_hidden_size: positiveInteger.optional(),
});
type Keys = z.infer<typeof schema>;

/** DeBERTa v2 and v3 (He et al. 2021), with the checkpoints of `DebertaV2ForSequenceClassification` and of pre-training. */
export const debertaV2Family = encoderFamily(
  'deberta-v2',
  {
    id: 'deberta-v2',
    label: 'DeBERTa v2, v3',
    checkpoints: ['microsoft/deberta-v3-small', 'microsoft/deberta-v3-base'],
    summary: 'Text encoder that attends to words and to their distances apart.',
    paper: {
      title:
        'DeBERTaV3: Improving DeBERTa using ELECTRA-Style Pre-Training with Gradient-Disentangled Embedding Sharing',
      url: 'https://arxiv.org/abs/2111.09543',
    },
  },
  planOf,
);

function planOf(file: ModelConfigFile): EncoderPlan {
  const keys = parseConfig(file, schema, 'a DeBERTa v2');
  if (keys.conv_kernel_size > 0) throw unsupportedValue(file, 'conv_kernel_size', keys.conv_kernel_size, '0');
  for (const key of ['embedding_size', 'pooler_hidden_size'] as const)
    if ((keys[key] ?? keys.hidden_size) !== keys.hidden_size)
      throw unsupportedValue(file, key, keys[key], `hidden_size (${keys.hidden_size})`);
  const headSize = keys.hidden_size / keys.num_attention_heads;
  if ((keys.attention_head_size ?? headSize) !== headSize)
    throw unsupportedValue(file, 'attention_head_size', keys.attention_head_size, `${headSize}`);
  return {
    ...commonPlan(file, keys),
    architecture: keys.architectures?.[0] ?? 'DebertaV2ForSequenceClassification',
    prefix: 'deberta',
    epsilon: keys.layer_norm_eps,
    positions: keys.position_biased_input ? { rows: keys.max_position_embeddings, padding: null } : null,
    maxTokens: keys.max_position_embeddings,
    types: keys.type_vocab_size,
    clearsPadding: true,
    relative: relativeOf(file, keys),
    // Transformers counts the kinds of scores even where relative_attention switches them off.
    ...(keys.relative_attention ? {} : { scoreScale: 1 / Math.sqrt(headSize * scoreKinds(keys)) }),
    layers: numberedLayers('encoder.layer', keys.num_hidden_layers),
    names: {
      q: 'attention.self.query_proj',
      k: 'attention.self.key_proj',
      v: 'attention.self.value_proj',
      o: 'attention.output.dense',
      fc1: 'intermediate.dense',
      fc2: 'output.dense',
      attentionNorm: 'attention.output.LayerNorm',
      outputNorm: 'output.LayerNorm',
    },
    head: [
      {
        name: 'pooler.dense',
        activation: readActivation(file, 'pooler_hidden_act', keys.pooler_hidden_act),
        isOfEncoder: true,
      },
      { name: 'classifier', activation: null, isOfEncoder: false },
    ],
  };
}

/** Kinds of scores that are summed: content alone, and those by position. */
function scoreKinds({ pos_att_type: types }: Keys): number {
  return 1 + ['c2p', 'p2c'].filter((type) => types.includes(type)).length;
}

function relativeOf(file: ModelConfigFile, keys: Keys): RelativePositions | null {
  if (!keys.relative_attention) return null;
  const unknown = keys.pos_att_type.find((type) => type !== 'c2p' && type !== 'p2c');
  if (unknown !== undefined) throw unsupportedValue(file, 'pos_att_type', unknown, '"c2p" and "p2c"');
  const norms = keys.norm_rel_ebd.toLowerCase().split('|');
  const unknownNorm = norms.find((norm) => norm.trim() !== 'layer_norm' && norm.trim() !== 'none');
  if (unknownNorm !== undefined) throw unsupportedValue(file, 'norm_rel_ebd', unknownNorm, '"layer_norm" or "none"');
  const buckets = Math.max(0, keys.position_buckets);
  const maxDistance = keys.max_relative_positions < 1 ? keys.max_position_embeddings : keys.max_relative_positions;
  if (buckets > 0 && (buckets < 2 || maxDistance <= Math.floor(buckets / 2) + 1))
    throw unsupportedValue(file, 'position_buckets', buckets, `2 to twice the largest distance (${maxDistance})`);
  return {
    span: buckets > 0 ? buckets : maxDistance,
    buckets,
    maxDistance,
    contentToPosition: keys.pos_att_type.includes('c2p'),
    positionToContent: keys.pos_att_type.includes('p2c'),
    sharesLinears: keys.share_att_key,
    normalizes: norms.some((norm) => norm.trim() === 'layer_norm'),
  };
}
