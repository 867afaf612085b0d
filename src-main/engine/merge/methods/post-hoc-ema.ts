import type { ModuleMergeMethod } from '../merge-method.ts';
import { averageOfParameter, soup } from './soup.ts';

/**
 * The power-function average of Karras et al. 2024, equation 2: a step t counts with tᵞ. Each checkpoint represents the
 * steps since the one before, so that it counts with ∫ tᵞ dt = (tₖᵞ⁺¹ − tₖ₋₁ᵞ⁺¹) / (γ + 1). Their post-hoc reconstruction
 * solves for stored averages; here the checkpoints are the weights themselves, and no fit is needed.
 */
export const postHocEma: ModuleMergeMethod = {
  declaration: {
    id: 'post-hoc-ema',
    label: 'Post-hoc EMA (power function)',
    summary:
      "Averages a run's checkpoints with weights that grow as a power of the step; the length is chosen afterwards.",
    paper: {
      title: 'Analyzing and Improving the Training Dynamics of Diffusion Models',
      url: 'https://arxiv.org/abs/2312.02696',
    },
    parameters: [
      {
        name: 'gamma',
        label: 'γ',
        type: 'number',
        default: 6.94,
        minimum: 0,
        maximum: 1000,
        step: 1,
        help: 'Power of the step: 0 weighs all steps alike; 6.94 and 16.97 are EMA lengths of 10 % and 5 % of the run.',
      },
      averageOfParameter,
    ],
  },
  ...soup((ends, { gamma }) => {
    const last = ends.at(-1) ?? 1;
    // Steps are divided by the last one, so that a high power does not overflow.
    const reached = ends.map((end) => (end / last) ** (Number(gamma) + 1));
    return reached.map((value, index) => value - (reached[index - 1] ?? 0));
  }),
};
