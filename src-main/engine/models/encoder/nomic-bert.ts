import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { decoderLayout, decoderSizes, layerNormLayout, preNormLayer } from '../decoder/config.ts';
import { gatedLayout } from '../decoder/feed-forward/gated.ts';
import { attentionLayout } from '../decoder/mixers/attention.ts';
import { readRope } from '../decoder/rope.ts';
import { rotaryKeys, typeRows } from './config.ts';
import { rotaryEncoderFamily } from './rotary-family.ts';

const schema = z.object({
  ...rotaryKeys,
  layer_norm_eps: z.number().positive().default(1e-12),
  type_vocab_size: typeRows.default(2),
});

/** Nomic BERT (Nussbaum et al. 2024): `NomicBertForSequenceClassification` and the models for embeddings. */
export const nomicBertFamily = rotaryEncoderFamily(
  'nomic_bert',
  {
    id: 'nomic_bert',
    label: 'Nomic BERT',
    summary: 'Text encoder for embeddings of long texts: BERT with rotated positions and gates.',
    paper: {
      title: 'Nomic Embed: Training a Reproducible Long Context Text Embedder',
      url: 'https://arxiv.org/abs/2402.01613',
    },
    checkpoints: ['nomic-ai/nomic-embed-text-v1.5'],
  },
  {
    label: 'a Nomic BERT',
    keys: schema,
    plan: (keys, file) => {
      const sizes = decoderSizes(file, { ...keys, num_key_value_heads: undefined });
      const norm = (name: string) => layerNormLayout(name, sizes.hidden, keys.layer_norm_eps);
      const activation = readActivation(file, 'hidden_act', keys.hidden_act);
      const body = decoderLayout(keys, {
        architecture: 'NomicBertForSequenceClassification',
        embedding: {
          name: 'nomic_bert.embeddings.word_embeddings',
          types: { name: 'nomic_bert.embeddings.token_type_embeddings', rows: keys.type_vocab_size },
          norm: norm('nomic_bert.embeddings.LayerNorm'),
        },
        ropes: [readRope(file, keys, { ...sizes, theta: 1000 })],
        finalNorm: null,
        head: null,
        layersName: 'nomic_bert.layers',
        checkpointNames: [[['nomic_bert.', '']]],
        layer: (name) => ({
          ...preNormLayer(
            { beforeMixer: null, beforeFeedForward: null },
            {
              mixer: attentionLayout(`${name}.self_attn`, sizes, { isCausal: false }),
              feedForward: gatedLayout(`${name}.mlp`, sizes, { activation }),
            },
          ),
          sumNorms: {
            mixer: norm(`${name}.post_attention_layernorm`),
            feedForward: norm(`${name}.post_mlp_layernorm`),
          },
        }),
      });
      return {
        body,
        pooling: 'first',
        dense: { name: 'nomic_bert.pooler.dense', activation: 'tanh', isOfEncoder: true },
      };
    },
  },
);
