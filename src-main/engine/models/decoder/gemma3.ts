import { z } from 'zod';
import { positiveInteger, unsupportedValue } from '../config-file.ts';
import { decoderSizes } from './config.ts';
import { decoderFamily } from './family.ts';
import { gemma2Keys, gemma3Sizes, gemmaLayout, refuseBidirectional, slidingLayers } from './gemma-layout.ts';
import { queryKeyNorms } from './llama-layout.ts';
import { layeredRopeKeys, readLayeredRopes } from './rope.ts';

/** Gemma 3 (Gemma Team 2025), text alone, with the checkpoints of `Gemma3ForCausalLM`; and EmbeddingGemma. */
export const gemma3Family = decoderFamily(
  'gemma3_text',
  {
    id: 'gemma3_text',
    label: 'Gemma 3',
    checkpoints: ['google/gemma-3-270m', 'google/gemma-3-1b-it'],
    summary: 'Gemma 2 with normalized queries and keys, and a rotation of its own for the layers with a window.',
    paper: { title: 'Gemma 3 Technical Report', url: 'https://arxiv.org/abs/2503.19786' },
  },
  {
    label: 'a Gemma 3',
    keys: z.object({
      ...gemma2Keys,
      ...layeredRopeKeys,
      ...gemma3Sizes,
      sliding_window_pattern: positiveInteger.default(6),
      final_logit_softcapping: z.number().nonnegative().default(0),
      attn_logit_softcapping: z.number().nonnegative().default(0),
    }),
    layout: (keys, file) => {
      // EmbeddingGemma: the model without a head, whose tokens attend to later ones too.
      const isEncoder = keys.architectures?.[0] === 'Gemma3TextModel';
      if (!isEncoder) refuseBidirectional(file, keys);
      const isCausal = !keys.use_bidirectional_attention;
      const window = isCausal ? keys.sliding_window : Math.floor(keys.sliding_window / 2) + 1;
      const capped = keys.attn_logit_softcapping;
      if (capped !== 0) throw unsupportedValue(file, 'attn_logit_softcapping', capped, 'null');
      const sizes = decoderSizes(file, keys);
      const isSliding = slidingLayers(file, keys, keys.sliding_window_pattern);
      return gemmaLayout(file, keys, sizes, {
        architecture: 'Gemma3ForCausalLM',
        activation: keys.hidden_activation,
        hasNormsBehind: true,
        ropes: readLayeredRopes(file, keys, sizes, { full: 1_000_000, sliding: 10_000 }),
        head: isEncoder ? null : { softcap: keys.final_logit_softcapping },
        checkpointNames: isEncoder ? [[['model.', '']]] : [],
        attention: (index, name) => ({
          isCausal,
          scale: keys.query_pre_attn_scalar ** -0.5,
          ...queryKeyNorms(name, [sizes.headSize, sizes.headSize], keys.rms_norm_eps, 1),
          ...(isSliding(index) ? { window, rotary: { keys: 1 } } : {}),
        }),
      });
    },
  },
);
