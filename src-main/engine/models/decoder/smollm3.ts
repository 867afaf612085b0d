import { z } from 'zod';
import { positiveInteger } from '../config-file.ts';
import { decoderKeys } from './config.ts';
import { decoderFamily } from './family.ts';
import { llamaLayout } from './llama-layout.ts';

const keySchema = z.object({
  ...decoderKeys,
  tie_word_embeddings: z.boolean().default(true),
  no_rope_layers: z.array(z.number().int()).optional(),
  no_rope_layer_interval: positiveInteger.default(4),
});

/** SmolLM3 (Hugging Face 2025), with the checkpoints of `SmolLM3ForCausalLM`. */
export const smollm3Family = decoderFamily(
  'smollm3',
  {
    id: 'smollm3',
    label: 'SmolLM3',
    checkpoints: ['HuggingFaceTB/SmolLM3-3B'],
    summary: 'Llama in which every fourth layer has no rotary positions.',
    paper: { title: 'SmolLM3: smol, multilingual, long-context reasoner', url: 'https://huggingface.co/blog/smollm3' },
  },
  {
    label: 'a SmolLM3',
    keys: keySchema,
    layout: (keys, file) =>
      llamaLayout(file, keys, {
        architecture: 'SmolLM3ForCausalLM',
        theta: 2_000_000,
        attention: (index) => ({
          hasBias: keys.attention_bias,
          hasOutputBias: keys.attention_bias,
          rotary: isRotated(keys, index) ? { keys: 0 } : null,
          window: windowOf(keys, index),
        }),
        hasMlpBias: keys.mlp_bias,
      }),
  },
);

function isRotated({ no_rope_layers, no_rope_layer_interval }: z.infer<typeof keySchema>, index: number): boolean {
  return no_rope_layers ? no_rope_layers[index] !== 0 : (index + 1) % no_rope_layer_interval !== 0;
}

/** Without `layer_types`, the layers without rotation have the window, if it is enabled. */
function windowOf(keys: z.infer<typeof keySchema>, index: number): number {
  if (!keys.use_sliding_window) return 0;
  const isSliding = keys.layer_types ? keys.layer_types[index] === 'sliding_attention' : !isRotated(keys, index);
  return isSliding ? keys.sliding_window || 0 : 0;
}
