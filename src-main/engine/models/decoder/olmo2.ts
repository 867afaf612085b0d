import { z } from 'zod';
import { decoderKeys, decoderSizes } from './config.ts';
import { decoderFamily } from './family.ts';
import { olmoLayout } from './olmo-layout.ts';
import { readRope } from './rope.ts';

/** OLMo 2 (OLMo et al. 2024), with the checkpoints of `Olmo2ForCausalLM`. */
export const olmo2Family = decoderFamily(
  'olmo2',
  {
    id: 'olmo2',
    label: 'OLMo 2',
    checkpoints: ['allenai/OLMo-2-0425-1B'],
    summary: 'Llama with norms behind attention and the feed-forward part, and across all queries and keys.',
    paper: { title: '2 OLMo 2 Furious', url: 'https://arxiv.org/abs/2501.00656' },
  },
  {
    label: 'an OLMo 2',
    keys: z.object({ ...decoderKeys, rms_norm_eps: z.number().positive().default(1e-5) }),
    layout: (keys, file) => {
      const sizes = decoderSizes(file, keys);
      const ropes = [readRope(file, keys, { ...sizes, theta: 10_000 })];
      return olmoLayout(file, keys, sizes, { architecture: 'Olmo2ForCausalLM', ropes }, () => ({}));
    },
  },
);
