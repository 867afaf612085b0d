import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { positiveInteger } from '../config-file.ts';
import { decoderLayout, decoderSizes, layerNormLayout, postNormLayer, preNormLayer, ungroupedKeys } from './config.ts';
import { decoderFamily } from './family.ts';
import { plainLayout } from './feed-forward/plain.ts';
import { attentionLayout } from './mixers/attention.ts';

/** OPT (Zhang et al. 2022), with the checkpoints of `OPTForCausalLM`. */
export const optFamily = decoderFamily(
  'opt',
  {
    id: 'opt',
    label: 'OPT',
    checkpoints: ['facebook/opt-125m', 'facebook/opt-350m'],
    summary: 'Language model with learned positions, biases and ReLU.',
    paper: { title: 'OPT: Open Pre-trained Transformer Language Models', url: 'https://arxiv.org/abs/2205.01068' },
  },
  {
    label: 'an OPT',
    keys: ungroupedKeys.omit({ intermediate_size: true }).extend({
      ffn_dim: positiveInteger,
      activation_function: z.string().default('relu'),
      do_layer_norm_before: z.boolean().default(true),
      _remove_final_layer_norm: z.boolean().default(false),
      word_embed_proj_dim: positiveInteger.optional(),
      enable_bias: z.boolean().default(true),
      layer_norm_elementwise_affine: z.boolean().default(true),
      tie_word_embeddings: z.boolean().default(true),
    }),
    layout: (keys, file) => {
      const sizes = decoderSizes(file, { ...keys, intermediate_size: keys.ffn_dim });
      const activation = readActivation(file, 'activation_function', keys.activation_function);
      const { hidden } = sizes;
      const { do_layer_norm_before: isPreNorm, enable_bias: hasBias, word_embed_proj_dim: width = hidden } = keys;
      const hasScale = keys.layer_norm_elementwise_affine;
      const norm = (name: string) => ({ ...layerNormLayout(name, hidden, 1e-5, hasScale), hasScale });
      const linear = (name: string, inFeatures: number, outFeatures: number) =>
        width === hidden ? null : { name: `model.decoder.${name}`, inFeatures, outFeatures, hasBias: false };
      const positions = { name: 'model.decoder.embed_positions', rows: sizes.maxPositions + 2, offset: 2 };
      const layer = isPreNorm ? preNormLayer : postNormLayer;
      return decoderLayout(keys, {
        architecture: 'OPTForCausalLM',
        embedding: { name: 'model.decoder.embed_tokens', projection: linear('project_in', width, hidden), positions },
        finalNorm: isPreNorm && !keys._remove_final_layer_norm ? norm('model.decoder.final_layer_norm') : null,
        finalProjection: linear('project_out', hidden, width),
        layersName: 'model.decoder.layers',
        checkpointNames: [[], [['model.decoder.', 'decoder.']]],
        layer: (name) => {
          const beforeMixer = norm(`${name}.self_attn_layer_norm`);
          const beforeFeedForward = norm(`${name}.final_layer_norm`);
          const options = { outputName: 'out_proj', hasBias, hasOutputBias: hasBias, rotary: null };
          const mixer = attentionLayout(`${name}.self_attn`, sizes, options);
          const feedForward = plainLayout(name, sizes, { activation, hasBias, names: { up: 'fc1', down: 'fc2' } });
          return layer({ beforeMixer, beforeFeedForward }, { mixer, feedForward });
        },
      });
    },
  },
);
