import { factorsOfSvd, truncatedSvd } from '../../linalg/index.ts';
import { type Initialization, requireComponents, smallerSide } from './initialization.ts';

/** MiLoRA: A and B hold the r smallest singular components of W, the base the principal ones. Wang et al. 2024, equations 3 and 4. */
export const milora: Initialization = {
  declaration: {
    id: 'milora',
    label: 'MiLoRA',
    summary: 'Trains the smallest singular components of each weight; the base keeps the principal ones.',
    paper: {
      title: 'MiLoRA: Harnessing Minor Singular Components for Parameter-Efficient LLM Finetuning',
      url: 'https://arxiv.org/abs/2406.09044',
    },
    parameters: [],
  },
  peft: { value: () => true },
  residual: true,
  check: (module) => requireComponents('MiLoRA', module, module.rank, smallerSide(module)),
  async start({ rank, scaling }, { weight }) {
    return factorsOfSvd(truncatedSvd(await weight(), rank, 'smallest'), scaling);
  },
};
