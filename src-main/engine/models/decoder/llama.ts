import { decoderFamily } from './family.ts';

/** Llama 1 to 3 (Touvron et al. 2023), with the checkpoints of `LlamaForCausalLM`. */
export const llamaFamily = decoderFamily(
  'llama',
  {
    id: 'llama',
    label: 'Llama',
    summary:
      'Language model with rotary positions and a gated feed-forward part; also SmolLM2, TinyLlama and others of its shape.',
    paper: { title: 'LLaMA: Open and Efficient Foundation Language Models', url: 'https://arxiv.org/abs/2302.13971' },
    parameters: [],
  },
  {
    label: 'a Llama',
    architecture: 'LlamaForCausalLM',
    theta: 10_000,
    hasQueryKeyValueBias: (keys) => keys.attention_bias,
    hasOutputBias: (keys) => keys.attention_bias,
    hasMlpBias: (keys) => keys.mlp_bias,
    hasHeadNorms: false,
    window: () => 0,
  },
);
