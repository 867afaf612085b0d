import { switchedWindow } from './config.ts';
import { decoderFamily } from './family.ts';

/** Qwen 3 (Yang et al. 2025), dense, with the checkpoints of `Qwen3ForCausalLM`. */
export const qwen3Family = decoderFamily(
  'qwen3',
  {
    id: 'qwen3',
    label: 'Qwen 3',
    summary: 'Llama that normalizes queries and keys head by head.',
    paper: { title: 'Qwen3 Technical Report', url: 'https://arxiv.org/abs/2505.09388' },
    parameters: [],
  },
  {
    label: 'a Qwen 3',
    architecture: 'Qwen3ForCausalLM',
    theta: 10_000,
    hasQueryKeyValueBias: (keys) => keys.attention_bias,
    hasOutputBias: (keys) => keys.attention_bias,
    hasMlpBias: () => false,
    hasHeadNorms: true,
    window: switchedWindow,
  },
);
