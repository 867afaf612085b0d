import { z } from 'zod';
import { decoderKeys } from './config.ts';
import { decoderFamily } from './family.ts';
import { llamaLayout } from './llama-layout.ts';

/** The dense models of ERNIE 4.5 (Baidu 2025), with the checkpoints of `Ernie4_5ForCausalLM`. */
export const ernie45Family = decoderFamily(
  'ernie4_5',
  {
    id: 'ernie4_5',
    label: 'ERNIE 4.5',
    checkpoints: ['baidu/ERNIE-4.5-0.3B-PT'],
    summary: 'Llama whose rotation pairs columns side by side.',
    paper: {
      title: 'ERNIE 4.5 Technical Report',
      url: 'https://ernie.baidu.com/blog/publication/ERNIE_Technical_Report.pdf',
    },
  },
  {
    label: 'an ERNIE 4.5',
    keys: z.object({
      ...decoderKeys,
      head_dim: decoderKeys.head_dim.default(128),
      num_key_value_heads: decoderKeys.num_key_value_heads.default(2),
      rms_norm_eps: z.number().positive().default(1e-5),
      tie_word_embeddings: z.boolean().default(true),
      use_bias: z.boolean().default(false),
    }),
    layout: (keys, file) =>
      llamaLayout(file, keys, {
        architecture: 'Ernie4_5ForCausalLM',
        theta: 500_000,
        attention: () => ({
          hasBias: keys.use_bias,
          hasOutputBias: keys.use_bias,
          rotary: { keys: 0, pairs: 'interleaved' },
        }),
        hasMlpBias: keys.use_bias,
      }),
  },
);
