import { z } from 'zod';
import { decoderKeys } from './config.ts';
import { decoderFamily } from './family.ts';
import { llamaLayout } from './llama-layout.ts';

/** Llama 1 to 3 (Touvron et al. 2023), with the checkpoints of `LlamaForCausalLM`. */
export const llamaFamily = decoderFamily(
  'llama',
  {
    id: 'llama',
    label: 'Llama',
    checkpoints: ['meta-llama/Llama-3.2-1B', 'HuggingFaceTB/SmolLM2-135M'],
    summary:
      'Language model with rotary positions and a gated feed-forward part; also SmolLM2, TinyLlama and others of its shape.',
    paper: { title: 'LLaMA: Open and Efficient Foundation Language Models', url: 'https://arxiv.org/abs/2302.13971' },
  },
  {
    label: 'a Llama',
    keys: z.object(decoderKeys),
    layout: (keys, file) =>
      llamaLayout(file, keys, {
        architecture: 'LlamaForCausalLM',
        attention: () => ({ hasBias: keys.attention_bias, hasOutputBias: keys.attention_bias }),
        hasMlpBias: keys.mlp_bias,
      }),
  },
);
