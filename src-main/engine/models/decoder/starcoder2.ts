import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { decoderKeys, decoderLayout, decoderSizes, layerNormLayout, preNormLayer } from './config.ts';
import { decoderFamily } from './family.ts';
import { plainLayout } from './feed-forward/plain.ts';
import { attentionLayout } from './mixers/attention.ts';
import { readRope } from './rope.ts';

/** StarCoder2 (Lozhkov et al. 2024), with the checkpoints of `Starcoder2ForCausalLM`. */
export const starcoder2Family = decoderFamily(
  'starcoder2',
  {
    id: 'starcoder2',
    label: 'StarCoder2',
    checkpoints: ['bigcode/starcoder2-3b'],
    summary: 'Language model of code with layer normalization, biases and a plain feed-forward part.',
    paper: { title: 'StarCoder 2 and The Stack v2: The Next Generation', url: 'https://arxiv.org/abs/2402.19173' },
  },
  {
    label: 'a StarCoder2',
    keys: z.object({
      ...decoderKeys,
      hidden_act: z.string().default('gelu_pytorch_tanh'),
      norm_epsilon: z.number().positive().default(1e-5),
      sliding_window: z.number().int().optional(),
      tie_word_embeddings: z.boolean().default(true),
      use_bias: z.boolean().default(true),
    }),
    layout: (keys, file) => {
      const sizes = decoderSizes(file, keys);
      const activation = readActivation(file, 'hidden_act', keys.hidden_act);
      const hasBias = keys.use_bias;
      const norm = (name: string) => layerNormLayout(name, sizes.hidden, keys.norm_epsilon);
      return decoderLayout(keys, {
        architecture: 'Starcoder2ForCausalLM',
        ropes: [readRope(file, keys, { ...sizes, theta: 10_000 })],
        finalNorm: norm('model.norm'),
        layer: (name) =>
          preNormLayer(
            {
              beforeMixer: norm(`${name}.input_layernorm`),
              beforeFeedForward: norm(`${name}.post_attention_layernorm`),
            },
            {
              mixer: attentionLayout(`${name}.self_attn`, sizes, {
                hasBias,
                hasOutputBias: hasBias,
                window: keys.sliding_window ?? 0,
              }),
              feedForward: plainLayout(`${name}.mlp`, sizes, {
                activation,
                hasBias,
                names: { up: 'c_fc', down: 'c_proj' },
              }),
            },
          ),
      });
    },
  },
);
