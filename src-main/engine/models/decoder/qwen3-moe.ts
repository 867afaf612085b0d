import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { positiveInteger } from '../config-file.ts';
import { decoderKeys, decoderSizes } from './config.ts';
import { decoderFamily } from './family.ts';
import { checkRouter, expertsLayout, routerKeys } from './feed-forward/experts.ts';
import { llamaLayout, queryKeyNorms } from './llama-layout.ts';

const keys = z.object({
  ...decoderKeys,
  moe_intermediate_size: positiveInteger.default(768),
  num_experts: positiveInteger.max(1024).optional(),
  num_local_experts: positiveInteger.max(1024).optional(),
  ...routerKeys,
  num_experts_per_tok: routerKeys.num_experts_per_tok.default(8),
  norm_topk_prob: z.boolean().default(false),
  decoder_sparse_step: positiveInteger.default(1),
  mlp_only_layers: z.array(z.number().int()).default([]),
});

/** Qwen 3's mixtures of experts (Yang et al. 2025), with the checkpoints of `Qwen3MoeForCausalLM`. */
export const qwen3MoeFamily = decoderFamily(
  'qwen3_moe',
  {
    id: 'qwen3_moe',
    label: 'Qwen 3 MoE',
    checkpoints: ['Qwen/Qwen3-30B-A3B'],
    summary: 'Qwen 3 with a mixture of experts in most layers.',
    paper: { title: 'Qwen3 Technical Report', url: 'https://arxiv.org/abs/2505.09388' },
  },
  {
    label: 'a Qwen 3 MoE',
    keys,
    layout: (config, file) => {
      const sizes = { ...decoderSizes(file, config), inner: config.moe_intermediate_size };
      const gate = { activation: readActivation(file, 'hidden_act', config.hidden_act) };
      const count = config.num_experts ?? config.num_local_experts ?? 128;
      const experts = { experts: count, chosen: config.num_experts_per_tok, isNormalized: config.norm_topk_prob };
      checkRouter(file, config, count, config.num_experts === undefined ? 'num_local_experts' : 'num_experts');
      const isMixture = (index: number) =>
        !config.mlp_only_layers.includes(index) && (index + 1) % config.decoder_sparse_step === 0;
      return llamaLayout(file, config, {
        architecture: 'Qwen3MoeForCausalLM',
        attention: (_index, name) => ({
          hasBias: config.attention_bias,
          hasOutputBias: config.attention_bias,
          window: config.use_sliding_window ? config.sliding_window || 0 : 0,
          ...queryKeyNorms(name, [sizes.headSize, sizes.headSize], config.rms_norm_eps),
        }),
        feedForward: (index, name) => (isMixture(index) ? expertsLayout(name, sizes, { ...experts, gate }) : undefined),
      });
    },
  },
);
