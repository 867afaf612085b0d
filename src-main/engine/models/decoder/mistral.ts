import { decoderFamily } from './family.ts';

/** Mistral 7B and similar models (Jiang et al. 2023), with the checkpoints of `MistralForCausalLM`. */
export const mistralFamily = decoderFamily(
  'mistral',
  {
    id: 'mistral',
    label: 'Mistral',
    summary: 'Llama whose tokens see a sliding window of those before them.',
    paper: { title: 'Mistral 7B', url: 'https://arxiv.org/abs/2310.06825' },
    parameters: [],
  },
  {
    label: 'a Mistral',
    architecture: 'MistralForCausalLM',
    theta: 10_000,
    hasQueryKeyValueBias: () => false,
    hasOutputBias: () => false,
    hasMlpBias: () => false,
    hasHeadNorms: false,
    window: (keys) => keys.sliding_window || 0,
  },
);
