import { z } from 'zod';
import { decoderKeys } from './config.ts';
import { decoderFamily } from './family.ts';
import { llamaLayout } from './llama-layout.ts';

/** Mistral 7B and similar models (Jiang et al. 2023), with the checkpoints of `MistralForCausalLM`. */
export const mistralFamily = decoderFamily(
  'mistral',
  {
    id: 'mistral',
    label: 'Mistral',
    checkpoints: ['mistralai/Mistral-7B-v0.3'],
    summary: 'Llama whose tokens see a sliding window of those before them.',
    paper: { title: 'Mistral 7B', url: 'https://arxiv.org/abs/2310.06825' },
  },
  {
    label: 'a Mistral',
    keys: z.object(decoderKeys),
    layout: (keys, file) =>
      llamaLayout(file, keys, {
        architecture: 'MistralForCausalLM',
        attention: () => ({ window: keys.sliding_window || 0 }),
      }),
  },
);
