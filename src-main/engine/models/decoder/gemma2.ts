import { z } from 'zod';
import { isNull } from '../config-file.ts';
import { decoderSizes } from './config.ts';
import { decoderFamily } from './family.ts';
import { gemma2Keys, gemmaLayout, refuseBidirectional, slidingLayers } from './gemma-layout.ts';
import { readRope } from './rope.ts';

/** Gemma 2 (Gemma Team 2024), with the checkpoints of `Gemma2ForCausalLM`. */
export const gemma2Family = decoderFamily(
  'gemma2',
  {
    id: 'gemma2',
    label: 'Gemma 2',
    checkpoints: ['google/gemma-2-2b', 'google/gemma-2-9b'],
    summary:
      'Gemma with norms before and behind each part, capped scores and logits, and windows in every other layer.',
    paper: {
      title: 'Gemma 2: Improving Open Language Models at a Practical Size',
      url: 'https://arxiv.org/abs/2408.00118',
    },
  },
  {
    label: 'a Gemma 2',
    keys: z.object({
      ...gemma2Keys,
      final_logit_softcapping: z.number().nonnegative().default(30),
      attn_logit_softcapping: z.number().nonnegative().default(50),
    }),
    layout: (keys, file) => {
      refuseBidirectional(file, keys);
      const sizes = decoderSizes(file, keys);
      const cap = (key: 'final_logit_softcapping' | 'attn_logit_softcapping') => (isNull(file, key) ? 0 : keys[key]);
      const isSliding = slidingLayers(file, keys, 2);
      return gemmaLayout(file, keys, sizes, {
        architecture: 'Gemma2ForCausalLM',
        activation: keys.hidden_activation,
        hasNormsBehind: true,
        ropes: [readRope(file, keys, { ...sizes, theta: 10_000 })],
        head: { softcap: cap('final_logit_softcapping') },
        attention: (index) => ({
          scale: keys.query_pre_attn_scalar ** -0.5,
          softcap: cap('attn_logit_softcapping'),
          window: isSliding(index) ? keys.sliding_window : 0,
        }),
      });
    },
  },
);
