import { z } from 'zod';
import { decoderKeys } from './config.ts';
import { decoderFamily } from './family.ts';
import { llamaLayout } from './llama-layout.ts';

const factor = z.number().positive().default(1);

/** Granite 3 and later dense models (IBM 2024), with the checkpoints of `GraniteForCausalLM`. */
export const graniteFamily = decoderFamily(
  'granite',
  {
    id: 'granite',
    label: 'Granite',
    checkpoints: ['ibm-granite/granite-3.3-2b-instruct'],
    summary: 'Llama with fixed factors of embeddings, residuals, attention scores and logits.',
    paper: { title: 'Granite 3.0 Language Models', url: 'https://github.com/ibm-granite/granite-3.0-language-models' },
  },
  {
    label: 'a Granite',
    keys: z.object({
      ...decoderKeys,
      embedding_multiplier: factor,
      logits_scaling: factor,
      residual_multiplier: factor,
      attention_multiplier: factor,
    }),
    layout: (keys, file) =>
      llamaLayout(file, keys, {
        architecture: 'GraniteForCausalLM',
        attention: () => ({
          hasBias: keys.attention_bias,
          hasOutputBias: keys.attention_bias,
          scale: keys.attention_multiplier,
        }),
        hasMlpBias: keys.mlp_bias,
        embedding: { scale: keys.embedding_multiplier },
        head: { scale: 1 / keys.logits_scaling },
        residualScale: keys.residual_multiplier,
      }),
  },
);
