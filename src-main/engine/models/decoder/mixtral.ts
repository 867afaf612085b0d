import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { positiveInteger } from '../config-file.ts';
import { decoderKeys, decoderSizes } from './config.ts';
import { decoderFamily } from './family.ts';
import { checkRouter, expertsLayout, routerKeys } from './feed-forward/experts.ts';
import { llamaLayout } from './llama-layout.ts';

const keys = z.object({
  ...decoderKeys,
  rms_norm_eps: z.number().positive().default(1e-5),
  num_local_experts: positiveInteger.max(1024).default(8),
  ...routerKeys,
  num_experts_per_tok: routerKeys.num_experts_per_tok.default(2),
});

/** Mixtral (Jiang et al. 2024), with the checkpoints of `MixtralForCausalLM`. */
export const mixtralFamily = decoderFamily(
  'mixtral',
  {
    id: 'mixtral',
    label: 'Mixtral',
    checkpoints: ['mistralai/Mixtral-8x7B-v0.1'],
    summary: 'Mistral with a mixture of experts in each layer, of which two compute a token.',
    paper: { title: 'Mixtral of Experts', url: 'https://arxiv.org/abs/2401.04088' },
  },
  {
    label: 'a Mixtral',
    keys,
    layout: (config, file) => {
      const sizes = decoderSizes(file, config);
      const experts = { experts: config.num_local_experts, chosen: config.num_experts_per_tok, isNormalized: true };
      checkRouter(file, config, config.num_local_experts);
      const gate = { activation: readActivation(file, 'hidden_act', config.hidden_act) };
      return llamaLayout(file, config, {
        architecture: 'MixtralForCausalLM',
        theta: 1_000_000,
        attention: () => ({ window: config.sliding_window || 0 }),
        feedForward: (_index, name) => expertsLayout(name, sizes, { ...experts, gate }),
      });
    },
  },
);
