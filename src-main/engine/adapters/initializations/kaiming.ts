import { initializeFactors } from '../draws/initialize.ts';
import type { Initialization } from './initialization.ts';

/** PEFT's default (`init_lora_weights: true`): A uniform within ±1/√in, B zero. He et al. 2015. */
export const kaiming: Initialization = {
  declaration: {
    id: 'kaiming',
    label: 'Kaiming uniform',
    summary: "A is uniform within ±1/√in, B is zero: LoRA's usual start, PEFT's init_lora_weights true.",
    paper: { title: 'Delving Deep into Rectifiers', url: 'https://arxiv.org/abs/1502.01852' },
    parameters: [],
  },
  peft: { value: () => true },
  residual: false,
  embeddings: true,
  start: (module, { random }) => initializeFactors(module, module.rank, 'kaiming', random),
};
