import { z } from 'zod';
import { decoderKeys, switchedWindow } from './config.ts';
import { decoderFamily } from './family.ts';
import { llamaLayout } from './llama-layout.ts';

/** Qwen 2 and 2.5 (Yang et al. 2024), with the checkpoints of `Qwen2ForCausalLM`. */
export const qwen2Family = decoderFamily(
  'qwen2',
  {
    id: 'qwen2',
    label: 'Qwen 2',
    checkpoints: ['Qwen/Qwen2.5-0.5B', 'Qwen/Qwen2.5-7B'],
    summary: 'Llama with biases on queries, keys and values; also Qwen 1.5 and 2.5.',
    paper: { title: 'Qwen2 Technical Report', url: 'https://arxiv.org/abs/2407.10671' },
  },
  {
    label: 'a Qwen 2',
    keys: z.object(decoderKeys),
    layout: (keys, file) =>
      llamaLayout(file, keys, {
        architecture: 'Qwen2ForCausalLM',
        attention: (index) => ({ hasBias: true, window: switchedWindow(keys, index) }),
      }),
  },
);
