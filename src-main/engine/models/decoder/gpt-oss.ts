import { z } from 'zod';
import { positiveInteger } from '../config-file.ts';
import { decoderKeys, decoderSizes } from './config.ts';
import { decoderFamily } from './family.ts';
import { checkRouter, expertsLayout, routerKeys } from './feed-forward/experts.ts';
import { llamaLayout } from './llama-layout.ts';
import { readRope } from './rope.ts';

const keys = z.object({
  ...decoderKeys,
  rms_norm_eps: z.number().positive().default(1e-5),
  head_dim: positiveInteger.default(64),
  attention_bias: z.boolean().default(true),
  num_local_experts: positiveInteger.max(1024).default(128),
  ...routerKeys,
  num_experts_per_tok: routerKeys.num_experts_per_tok.default(4),
  swiglu_alpha: z.number().positive().default(1.702),
  swiglu_limit: z.number().positive().default(7),
});

/** YaRN, unless config.json has settings of its own. */
function usualRope({ rope_scaling }: Pick<z.infer<typeof keys>, 'rope_scaling'>) {
  const yarn = { rope_type: 'yarn', factor: 32, beta_fast: 32, beta_slow: 1, truncate: false };
  return rope_scaling ? undefined : { ...yarn, original_max_position_embeddings: 4096 };
}

/** gpt-oss (OpenAI 2025), with the checkpoints of `GptOssForCausalLM`. */
export const gptOssFamily = decoderFamily(
  'gpt_oss',
  {
    id: 'gpt_oss',
    label: 'gpt-oss',
    checkpoints: ['openai/gpt-oss-20b', 'openai/gpt-oss-120b'],
    summary: 'Mixture of experts whose attention has sinks; every other layer sees a sliding window.',
    paper: { title: 'gpt-oss-120b & gpt-oss-20b Model Card', url: 'https://arxiv.org/abs/2508.10925' },
  },
  {
    label: 'a gpt-oss',
    keys,
    layout: (config, file) => {
      const sizes = decoderSizes(file, config);
      const experts = { experts: config.num_local_experts, chosen: config.num_experts_per_tok, isNormalized: true };
      checkRouter(file, config, config.num_local_experts);
      const gate = { alpha: config.swiglu_alpha, limit: config.swiglu_limit };
      const isSliding = (index: number) =>
        config.layer_types ? config.layer_types[index] === 'sliding_attention' : index % 2 === 0;
      const window = config.sliding_window === undefined ? 128 : config.sliding_window || 0;
      const form = { isInterleaved: true, hasBias: true, routerName: 'router' };
      // The activation of the experts is fixed, whatever hidden_act says.
      return llamaLayout(
        file,
        { ...config, hidden_act: 'silu' },
        {
          architecture: 'GptOssForCausalLM',
          ropes: [readRope(file, { rope_parameters: usualRope(config), ...config }, { ...sizes, theta: 150_000 })],
          attention: (index, name) => ({
            hasBias: config.attention_bias,
            hasOutputBias: config.attention_bias,
            window: isSliding(index) ? window : 0,
            sinks: `${name}.sinks`,
          }),
          feedForward: (_index, name) => expertsLayout(name, sizes, { ...experts, ...form, gate }),
        },
      );
    },
  },
);
