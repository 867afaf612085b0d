import { z } from 'zod';
import { decoderKeys, decoderSizes, switchedWindow } from './config.ts';
import { decoderFamily } from './family.ts';
import { llamaLayout, queryKeyNorms } from './llama-layout.ts';

/** Qwen 3 (Yang et al. 2025), dense, with the checkpoints of `Qwen3ForCausalLM`. */
export const qwen3Family = decoderFamily(
  'qwen3',
  {
    id: 'qwen3',
    label: 'Qwen 3',
    checkpoints: ['Qwen/Qwen3-0.6B', 'Qwen/Qwen3-4B'],
    summary: 'Llama that normalizes queries and keys head by head.',
    paper: { title: 'Qwen3 Technical Report', url: 'https://arxiv.org/abs/2505.09388' },
  },
  {
    label: 'a Qwen 3',
    keys: z.object(decoderKeys),
    layout: (keys, file) => {
      const { headSize } = decoderSizes(file, keys);
      return llamaLayout(file, keys, {
        architecture: 'Qwen3ForCausalLM',
        attention: (index, name) => ({
          hasBias: keys.attention_bias,
          hasOutputBias: keys.attention_bias,
          window: switchedWindow(keys, index),
          ...queryKeyNorms(name, [headSize, headSize], keys.rms_norm_eps),
        }),
      });
    },
  },
);
