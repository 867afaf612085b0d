import { z } from 'zod';
import { checkLayerTypes, decoderKeys, decoderSizes } from './config.ts';
import { decoderFamily } from './family.ts';
import { olmoLayout } from './olmo-layout.ts';
import { layeredRopeKeys, readLayeredRopes } from './rope.ts';

/** OLMo 3 (OLMo et al. 2025), with the checkpoints of `Olmo3ForCausalLM`. */
export const olmo3Family = decoderFamily(
  'olmo3',
  {
    id: 'olmo3',
    label: 'OLMo 3',
    checkpoints: ['allenai/Olmo-3-7B-Instruct'],
    summary: 'OLMo 2 in which three of four layers have a sliding window.',
    paper: { title: 'Olmo 3', url: 'https://arxiv.org/abs/2512.13961' },
  },
  {
    label: 'an OLMo 3',
    keys: z.object({
      ...decoderKeys,
      ...layeredRopeKeys,
      rms_norm_eps: z.number().positive().default(1e-5),
      sliding_window: z.number().int().nonnegative().default(4096),
    }),
    layout: (keys, file) => {
      const sizes = decoderSizes(file, keys);
      checkLayerTypes(file, keys.layer_types);
      const ropes = readLayeredRopes(file, keys, sizes, { full: 500_000, sliding: 500_000 });
      return olmoLayout(file, keys, sizes, { architecture: 'Olmo3ForCausalLM', ropes }, (index) => {
        const type = keys.layer_types?.[index] ?? ((index + 1) % 4 === 0 ? 'full_attention' : 'sliding_attention');
        return type === 'full_attention' ? {} : { window: keys.sliding_window, rotary: { keys: 1 } };
      });
    },
  },
);
