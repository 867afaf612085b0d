import { initializeFactors } from '../draws/initialize.ts';
import type { Initialization } from './initialization.ts';

/** A normal with standard deviation 1/r, B zero: as PEFT, after the LoRA paper. */
export const gaussian: Initialization = {
  declaration: {
    id: 'gaussian',
    label: 'Gaussian',
    summary: 'A is normal with standard deviation 1/r, B is zero.',
    paper: { title: 'LoRA: Low-Rank Adaptation of Large Language Models', url: 'https://arxiv.org/abs/2106.09685' },
    parameters: [],
  },
  peft: { value: () => 'gaussian' },
  residual: false,
  embeddings: true,
  start: (module, { random }) => initializeFactors(module, module.rank, 'gaussian', random),
};
