import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { unsupportedValue } from '../config-file.ts';
import { decoderKeys, decoderLayout, decoderSizes, layerNormLayout, parallelLayer } from './config.ts';
import { decoderFamily } from './family.ts';
import { plainLayout } from './feed-forward/plain.ts';
import { attentionLayout } from './mixers/attention.ts';
import { readRope } from './rope.ts';

/** Phi-1, Phi-1.5 and Phi-2 (Li et al. 2023), with the checkpoints of `PhiForCausalLM`. */
export const phiFamily = decoderFamily(
  'phi',
  {
    id: 'phi',
    label: 'Phi',
    checkpoints: ['microsoft/phi-1_5', 'microsoft/phi-2'],
    summary: 'Language model whose attention and feed-forward part read the same state; Phi-1, Phi-1.5 and Phi-2.',
    paper: {
      title: 'Textbooks Are All You Need II: phi-1.5 technical report',
      url: 'https://arxiv.org/abs/2309.05463',
    },
  },
  {
    label: 'a Phi',
    keys: z.object({
      ...decoderKeys,
      hidden_act: z.string().default('gelu_new'),
      layer_norm_eps: z.number().positive().default(1e-5),
      qk_layernorm: z.boolean().default(false),
    }),
    layout: (keys, file) => {
      // A tied head would need the bias of its own beside the table of tokens.
      const { architectures: [architecture = 'PhiForCausalLM'] = [] } = keys;
      if (keys.tie_word_embeddings && architecture.endsWith('CausalLM'))
        throw unsupportedValue(file, 'tie_word_embeddings', true, 'false');
      const sizes = decoderSizes(file, keys);
      const activation = readActivation(file, 'hidden_act', keys.hidden_act);
      const norm = (name: string, size = sizes.hidden) => layerNormLayout(name, size, keys.layer_norm_eps);
      const headNorm = (name: string) => (keys.qk_layernorm ? norm(name, sizes.headSize) : null);
      const names = { up: 'fc1', down: 'fc2' };
      const rope = readRope(file, keys, { ...sizes, theta: 10_000, partial: 0.5 });
      return decoderLayout(keys, {
        architecture: 'PhiForCausalLM',
        ropes: [rope],
        finalNorm: norm('model.final_layernorm'),
        head: { hasBias: true },
        layer: (name) =>
          parallelLayer(
            { beforeMixer: norm(`${name}.input_layernorm`) },
            {
              mixer: attentionLayout(`${name}.self_attn`, sizes, {
                outputName: 'dense',
                hasBias: true,
                hasOutputBias: true,
                queryNorm: headNorm(`${name}.self_attn.q_layernorm`),
                keyNorm: headNorm(`${name}.self_attn.k_layernorm`),
                rotary: { keys: 0, size: rope.headSize },
              }),
              feedForward: plainLayout(`${name}.mlp`, sizes, { activation, hasBias: true, names }),
            },
          ),
      });
    },
  },
);
