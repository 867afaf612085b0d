import type { ModuleMergeMethod } from '../merge-method.ts';
import { averageOfParameter, soup } from './soup.ts';

/**
 * The exponential moving average over checkpoints: m₁ = θ₁, mₖ = d·mₖ₋₁ + (1 − d)·θₖ. So the last of n counts with
 * 1 − d, the one k before it with (1 − d)·dᵏ, the first with dⁿ⁻¹. Polyak and Juditsky 1992.
 */
export const ema: ModuleMergeMethod = {
  declaration: {
    id: 'ema',
    label: 'Checkpoint EMA',
    summary: "The exponential moving average of a run's checkpoints: later ones count more.",
    parameters: [
      {
        name: 'decay',
        label: 'Decay',
        type: 'number',
        default: 0.5,
        minimum: 0,
        maximum: 0.999,
        step: 0.05,
        help: 'Share of the average so far that each further checkpoint leaves. 0: the last checkpoint alone.',
      },
      averageOfParameter,
    ],
  },
  ...soup((ends, { decay }) => {
    const [kept, last] = [Number(decay), ends.length - 1];
    return ends.map((_, index) => kept ** (last - index) * (index === 0 ? 1 : 1 - kept));
  }),
};
