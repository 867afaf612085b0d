import { z } from 'zod';
import { decoderSizes } from './config.ts';
import { decoderFamily } from './family.ts';
import { gemmaKeys, gemmaLayout, refuseBidirectional } from './gemma-layout.ts';
import { readRope } from './rope.ts';

/** Gemma 1 (Gemma Team 2024), with the checkpoints of `GemmaForCausalLM`. */
export const gemmaFamily = decoderFamily(
  'gemma',
  {
    id: 'gemma',
    label: 'Gemma',
    checkpoints: ['google/gemma-2b', 'google/gemma-7b'],
    summary: 'Llama with scaled embeddings, GELU gates and norms stored less 1.',
    paper: {
      title: 'Gemma: Open Models Based on Gemini Research and Technology',
      url: 'https://arxiv.org/abs/2403.08295',
    },
  },
  {
    label: 'a Gemma',
    keys: z.object(gemmaKeys),
    layout: (keys, file) => {
      refuseBidirectional(file, keys);
      const sizes = decoderSizes(file, keys);
      return gemmaLayout(file, keys, sizes, {
        architecture: 'GemmaForCausalLM',
        // The first releases say "gelu" for what was trained with its approximation.
        activation: keys.hidden_act === 'gelu' ? 'gelu_pytorch_tanh' : keys.hidden_act,
        hasNormsBehind: false,
        ropes: [readRope(file, keys, { ...sizes, theta: 10_000 })],
      });
    },
  },
);
