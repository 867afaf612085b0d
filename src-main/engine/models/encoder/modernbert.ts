import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { positiveInteger, sizeOfHead } from '../config-file.ts';
import { checkLayerTypes, decoderLayout, decoderSizes, layerNormLayout, preNormLayer } from '../decoder/config.ts';
import { gatedLayout } from '../decoder/feed-forward/gated.ts';
import { attentionLayout } from '../decoder/mixers/attention.ts';
import { readLayeredRopes } from '../decoder/rope.ts';
import { rotaryKeys } from './config.ts';
import { rotaryEncoderFamily } from './rotary-family.ts';

const schema = z.object({
  ...rotaryKeys,
  hidden_activation: z.string().default('gelu'),
  norm_eps: z.number().positive().default(1e-5),
  norm_bias: z.boolean().default(false),
  global_attn_every_n_layers: positiveInteger.default(3),
  global_rope_theta: z.number().positive().default(160_000),
  local_rope_theta: z.number().positive().default(10_000),
  local_attention: positiveInteger.default(128),
  classifier_pooling: z.enum(['cls', 'mean']).default('cls'),
  classifier_bias: z.boolean().default(false),
  classifier_activation: z.string().default('gelu'),
});

/** ModernBERT (Warner et al. 2024): `ModernBertForSequenceClassification` and checkpoints of pre-training. */
export const modernbertFamily = rotaryEncoderFamily(
  'modernbert',
  {
    id: 'modernbert',
    label: 'ModernBERT',
    summary: 'Text encoder for up to 8192 tokens: rotated positions, gates, and windows in two of three layers.',
    paper: {
      title: 'Smarter, Better, Faster, Longer: A Modern Bidirectional Encoder',
      url: 'https://arxiv.org/abs/2412.13663',
    },
    checkpoints: ['answerdotai/ModernBERT-base', 'answerdotai/ModernBERT-large'],
  },
  {
    label: 'a ModernBERT',
    keys: schema,
    plan: (keys, file) => {
      sizeOfHead(file, keys.hidden_size, keys.num_attention_heads);
      checkLayerTypes(file, keys.layer_types);
      const sizes = decoderSizes(file, { ...keys, head_dim: undefined, num_key_value_heads: undefined });
      const norm = (name: string) => layerNormLayout(name, sizes.hidden, keys.norm_eps, keys.norm_bias);
      const isSliding = (index: number) =>
        keys.layer_types
          ? keys.layer_types[index] === 'sliding_attention'
          : index % keys.global_attn_every_n_layers !== 0;
      const thetas = { full: keys.global_rope_theta, sliding: keys.local_rope_theta };
      const activation = readActivation(file, 'hidden_activation', keys.hidden_activation);
      const body = decoderLayout(keys, {
        architecture: 'ModernBertForSequenceClassification',
        embedding: { name: 'model.embeddings.tok_embeddings', norm: norm('model.embeddings.norm') },
        ropes: readLayeredRopes(file, keys, sizes, thetas, { scalesBoth: true }),
        finalNorm: norm('model.final_norm'),
        head: null,
        checkpointNames: [[['model.', '']]],
        layer: (name, index) =>
          preNormLayer(
            {
              beforeMixer: index === 0 ? null : norm(`${name}.attn_norm`),
              beforeFeedForward: norm(`${name}.mlp_norm`),
            },
            {
              mixer: attentionLayout(`${name}.attn`, sizes, {
                ...{ names: { fused: 'Wqkv', order: 'parts' }, outputName: 'Wo', isCausal: false },
                ...{ hasBias: keys.attention_bias, hasOutputBias: keys.attention_bias },
                ...(isSliding(index) ? { window: Math.floor(keys.local_attention / 2) + 1, rotary: { keys: 1 } } : {}),
              }),
              feedForward: gatedLayout(`${name}.mlp`, sizes, {
                ...{ activation, hasBias: keys.mlp_bias, names: { fused: 'Wi' }, downName: 'Wo' },
              }),
            },
          ),
      });
      return {
        body,
        pooling: keys.classifier_pooling === 'cls' ? 'first' : 'mean',
        taskHeads: { QUESTION_ANS: 'classifier' },
        dense: {
          name: 'head.dense',
          activation: readActivation(file, 'classifier_activation', keys.classifier_activation),
          norm: norm('head.norm'),
          ...{ isOfEncoder: true, hasBias: keys.classifier_bias, servesTokens: true },
        },
      };
    },
  },
);
