import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { decoderLayout, decoderSizes, layerNormLayout, parallelLayer, preNormLayer, ungroupedKeys } from './config.ts';
import { decoderFamily } from './family.ts';
import { plainLayout } from './feed-forward/plain.ts';
import { attentionLayout } from './mixers/attention.ts';
import { readRope } from './rope.ts';

/** GPT-NeoX and Pythia (Black et al. 2022, Biderman et al. 2023), with the checkpoints of `GPTNeoXForCausalLM`. */
export const gptNeoxFamily = decoderFamily(
  'gpt_neox',
  {
    id: 'gpt_neox',
    label: 'GPT-NeoX',
    checkpoints: ['EleutherAI/pythia-160m', 'EleutherAI/gpt-neox-20b'],
    summary: 'Language model whose attention and feed-forward part read the same state; also Pythia.',
    paper: { title: 'GPT-NeoX-20B', url: 'https://arxiv.org/abs/2204.06745' },
  },
  {
    label: 'a GPT-NeoX',
    tokenHead: 'classifier',
    keys: ungroupedKeys.omit({ rope_theta: true, partial_rotary_factor: true }).extend({
      hidden_act: z.string().default('gelu'),
      attention_bias: z.boolean().default(true),
      layer_norm_eps: z.number().positive().default(1e-5),
      rotary_pct: z.number().default(0.25),
      rotary_emb_base: z.number().positive().default(10_000),
      use_parallel_residual: z.boolean().default(true),
    }),
    layout: (keys, file) => {
      const sizes = decoderSizes(file, keys);
      const activation = readActivation(file, 'hidden_act', keys.hidden_act);
      const norm = (name: string) => layerNormLayout(name, sizes.hidden, keys.layer_norm_eps);
      const rope = readRope(file, keys, { ...sizes, theta: keys.rotary_emb_base, partial: keys.rotary_pct });
      const layer = keys.use_parallel_residual ? parallelLayer : preNormLayer;
      return decoderLayout(keys, {
        architecture: 'GPTNeoXForCausalLM',
        embedding: { name: 'gpt_neox.embed_in' },
        ropes: [rope],
        finalNorm: norm('gpt_neox.final_layer_norm'),
        checkpointNames: [[['lm_head', 'embed_out']]],
        layersName: 'gpt_neox.layers',
        ignorable: /\.rotary_emb\.inv_freq$|\.attention\.(masked_)?bias$/,
        layer: (name) => {
          const beforeMixer = norm(`${name}.input_layernorm`);
          const beforeFeedForward = norm(`${name}.post_attention_layernorm`);
          const mixer = attentionLayout(`${name}.attention`, sizes, {
            names: { fused: 'query_key_value', order: 'heads' },
            outputName: 'dense',
            hasBias: keys.attention_bias,
            hasOutputBias: keys.attention_bias,
            rotary: { keys: 0, size: rope.headSize },
          });
          const names = { up: 'dense_h_to_4h', down: 'dense_4h_to_h' };
          const feedForward = plainLayout(`${name}.mlp`, sizes, { activation, hasBias: true, names });
          return layer({ beforeMixer, beforeFeedForward }, { mixer, feedForward });
        },
      });
    },
  },
);
