import { switchedWindow } from './config.ts';
import { decoderFamily } from './family.ts';

/** Qwen 2 and 2.5 (Yang et al. 2024), with the checkpoints of `Qwen2ForCausalLM`. */
export const qwen2Family = decoderFamily(
  'qwen2',
  {
    id: 'qwen2',
    label: 'Qwen 2',
    summary: 'Llama with biases on queries, keys and values; also Qwen 1.5 and 2.5.',
    paper: { title: 'Qwen2 Technical Report', url: 'https://arxiv.org/abs/2407.10671' },
    parameters: [],
  },
  {
    label: 'a Qwen 2',
    architecture: 'Qwen2ForCausalLM',
    theta: 10_000,
    hasQueryKeyValueBias: () => true,
    hasOutputBias: () => false,
    hasMlpBias: () => false,
    hasHeadNorms: false,
    window: switchedWindow,
  },
);
